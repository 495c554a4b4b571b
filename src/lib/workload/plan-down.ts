import type {ClusterFacts} from './facts.ts'
import {isSelected} from './selectors.ts'
import {sum} from './sum.ts'
import {refused, type Refused, type Share} from './types.ts'

/** Takes away from the last cluster first: the first one is paid for anyway. Never below a disruption budget. */
export function sharesDown(
  clusters: readonly ClusterFacts[],
  wanted: number,
  named: string,
): readonly Share[] | Refused {
  const shares: Share[] = []
  let away = sum(clusters.map(({deployment}) => deployment.replicas)) - wanted
  for (const facts of clusters.toReversed()) {
    const {replicas} = facts.deployment
    const taken = Math.min(away, Math.max(0, replicas - leastAvailable(facts)))
    away -= taken
    shares.unshift({facts, wanted: replicas - taken, shape: undefined, nodes: [], growth: []})
  }
  if (away === 0) return shares
  const budgets = clusters.map(budgetInWords).filter((text) => text !== '')
  return refused(
    'BUDGET_EXCEEDED',
    `${wanted} is less than ${budgets.join(' and ')}`,
    `pp scale ${named} ${wanted + away} --plan`,
  )
}

/** Budgets that are a share of the replicas go down with them; the plan says so. */
function strictestBudget({budgets, deployment}: ClusterFacts) {
  return budgets
    .filter(({selector}) => isSelected(deployment.template.shape.labels, selector))
    .toSorted((one, other) => (other.minAvailable ?? 0) - (one.minAvailable ?? 0))
    .find(({minAvailable}) => minAvailable !== undefined)
}

const leastAvailable = (facts: ClusterFacts): number => strictestBudget(facts)?.minAvailable ?? 0

function budgetInWords(facts: ClusterFacts): string {
  const budget = strictestBudget(facts)
  return budget
    ? `the ${budget.minAvailable ?? 0} that poddisruptionbudget/${budget.name} asks for on ${facts.cluster}`
    : ''
}
