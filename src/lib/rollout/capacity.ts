import {counted} from '../counted.ts'
import type {Amount, RolloutFacts} from './facts.ts'

/**
 * What a Deployment's own strategy costs while its Pods are replaced, in words.
 *
 * @returns undefined where none of them is missing at any time.
 */
export function capacityLost({
  cluster,
  strategy,
  progress: {wanted},
}: Pick<RolloutFacts, 'cluster' | 'strategy' | 'progress'>): string | undefined {
  if (wanted === 0) return undefined
  if (strategy.kind === 'Recreate')
    return `${cluster}: its strategy Recreate ends all ${counted(wanted, 'Pod')} before a new one is started; RollingUpdate with maxUnavailable: 0 keeps them`
  const {maxSurge, maxUnavailable} = strategy
  const missing = mostMissing(maxSurge, maxUnavailable, wanted)
  if (missing === 0) return undefined
  return `${cluster}: at most ${missing} of ${counted(wanted, 'Pod')} ${missing === 1 ? 'is' : 'are'} missing meanwhile, by its strategy (maxUnavailable ${maxUnavailable}, maxSurge ${maxSurge}); maxUnavailable: 0 keeps them`
}

/** Counted as the Deployment's controller does. @see https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/deployment/util/deployment_util.go (ResolveFenceposts) */
function mostMissing(maxSurge: Amount, maxUnavailable: Amount, wanted: number): number {
  const missing = Math.floor(podsOf(maxUnavailable, wanted))
  // Where both come to none, nothing would ever be replaced: it takes one away.
  if (missing === 0 && podsOf(maxSurge, wanted) === 0) return 1
  return Math.min(wanted, missing)
}

const podsOf = (amount: Amount, wanted: number): number =>
  typeof amount === 'number' ? amount : (Number.parseInt(amount) * wanted) / 100
