import {tableRows} from '../../output/table.ts'
import {resultColumns, wrapAfter} from '../../output/terminal.ts'
import {costInWords} from '../cost.ts'
import type {Owner} from '../facts.ts'
import {sum} from '../sum.ts'
import type {FleetCost} from './cost.ts'
import type {ClusterGlance, PoolGlance, ServiceGlance} from './types.ts'

/** A row a cluster with its nodes by pool and their cost, then a row a service with a column a cluster. */
export function showClusters(
  clusters: readonly ClusterGlance[],
  cost: FleetCost,
  columns = resultColumns(),
): string {
  if (clusters.length === 0) return ''
  const services = [...new Set(clusters.flatMap((one) => one.services.map(({service}) => service)))]
  const seen = clusters.filter(({problem}) => problem === null)
  const rows = services.map((service) => [
    `  ${service}`,
    ...seen.flatMap((one) => {
      const glance = one.services.find((other) => other.service === service)
      return glance ? [readyOf(glance), scalingOf(glance)] : ['', '']
    }),
  ])
  const head = ['  service', ...seen.flatMap(({cluster}) => [cluster, ''])]
  return [
    ...tableRows(
      clusters.map((one) => [`cluster ${one.cluster}`, ...nodesOf(one)]),
      columns,
    ),
    wrapAfter('cost an hour  ', `${costInWords(cost)}; prices of ${cost.date}`, columns),
    ...(rows.length === 0 ? [] : tableRows([head, ...rows], columns)),
  ].join('\n')
}

function nodesOf({problem, pools, cordoned, cost}: ClusterGlance): readonly string[] {
  if (problem !== null) return ['no answer']
  const total = sum(pools.map((pool) => pool.total))
  return [
    `${sum(pools.map(({ready}) => ready))}/${total} nodes ready`,
    pools.map(poolInWords).join(', '),
    cost === null ? '' : `${costInWords(cost)} an hour`,
    cordoned.length > 0 ? `cordoned: ${cordoned.join(' ')}` : '',
  ]
}

const poolInWords = ({name, ready, total, max}: PoolGlance): string =>
  `${name} ${ready}/${total}${max === null ? '' : ` (max ${max})`}`

export const readyOf = ({ready, wanted}: Pick<ServiceGlance, 'ready' | 'wanted'>): string =>
  ready === null || wanted === null ? 'none' : `${ready}/${wanted}`

/** Who sets the number, between which bounds, and what it wants. */
function scalingOf({owner, autoscaler}: ServiceGlance): string {
  const bounds = ownerBounds(owner)
  // Of one that is paused KEDA takes the HPA away.
  if (autoscaler === null || (owner?.kind === 'keda' && owner.isPaused)) return bounds
  const {current, desired} = autoscaler
  if (desired === null) return `${bounds}, wants ?`
  return `${bounds}, ${current === desired ? 'wants' : `${current ?? '?'} →`} ${desired}`
}

function ownerBounds(owner: Owner | null): string {
  switch (owner?.kind) {
    case 'hpa':
      return `HPA ${owner.min}–${owner.max}`
    case 'keda':
      return `KEDA ${owner.min}–${owner.max}${owner.isPaused ? ' paused' : ''}`
    case 'several':
      return owner.names.join(' and ')
    case 'deployment':
    case undefined:
      return ''
  }
}
