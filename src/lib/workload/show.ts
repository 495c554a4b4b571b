import {resultColumns, wrapAfter} from '../output/terminal.ts'
import {counted} from '../counted.ts'
import type {Owner} from './facts.ts'
import {inWords} from './resources.ts'
import {isGivenBackByJob} from './changes.ts'
import {costInWords} from './cost.ts'
import type {PlannedScale} from './scale.ts'
import type {Change, ClusterPlan, Growth} from './types.ts'
import {timeInWords, valueInWords, type Stretch} from './until.ts'

export interface Shown {
  readonly service: string
  readonly environment: string
  readonly isProtected: boolean
  /** How the number of --for-queue comes about. */
  readonly queue?: string | undefined
  readonly until?: Stretch | undefined
}

/** The plan as the operator sees it. */
export function showScale(plan: PlannedScale, about: Shown, columns = Math.min(80, resultColumns())): string {
  const {clusters, now, wanted, severe} = plan
  const {service, environment} = about
  const width = Math.max(6, ...clusters.map(({cluster}) => cluster.length)) + 1
  const line = (head: string, text: string) => wrapAfter(`  ${head.padEnd(width)}`, text, columns)
  const running = clusters.filter((one) => one.now > 0).map((one) => `${one.cluster} ${one.now}`)
  const owners = [...new Set(clusters.map(({owner}) => ownerInWords(owner)))]
  const head = [
    `${service} · ${environment}`,
    `now ${now}${running.length > 0 ? ` (${running.join(', ')})` : ''}`,
    `wanted ${wanted}`,
    `owner ${owners.join(', ')}`,
  ]
  const isChange = clusters.some(isChanged)
  return [
    head.join('      ').length <= columns ? head.join('      ') : head.join('  '),
    ...clusters.map((cluster) => line(cluster.cluster, `${moveOf(cluster)}${roomFor(cluster)}`)),
    ...(about.queue === undefined ? [] : [line('queue', about.queue)]),
    line('cost', costLine(plan.cost)),
    ...clusters
      .flatMap((one) => howOf(one, clusters.length > 1))
      .map((text, index) => line(index === 0 ? 'how' : '', text)),
    ...(about.until === undefined ? [] : [line('until', endInWords(plan, about.until))]),
    ...(plan.short === 0 ? [] : [line('short', `by ${plan.short}: only so many fit`)]),
    ...(severe === undefined ? [] : [line('asks', `for the name ${service} to be typed: ${severe}`)]),
    ...clusters.flatMap((one) =>
      one.notes.map((note) => line('!', clusters.length > 1 ? `${one.cluster}: ${note}` : note)),
    ),
    ...(isChange ? [] : ['', `Nothing to do: ${service} is set so already.`]),
  ].join('\n')
}

/** When it ends, and who ends it where `pp` is gone. */
function endInWords({clusters}: PlannedScale, {to}: Stretch): string {
  const byJob = clusters.filter(({changes}) => isGivenBackByJob(changes))
  const byKeda = clusters.filter(({changes}) => changes.length > 0 && !isGivenBackByJob(changes))
  const how = [
    ...(byKeda.length > 0 ? [`KEDA's trigger ends by itself${named(byKeda, clusters)}`] : []),
    ...(byJob.length > 0
      ? [`a Job of the cluster gives back ${givenBack(byJob)} where it is still so${named(byJob, clusters)}`]
      : []),
  ]
  return `${timeInWords(to)}: ${how.join('; ')}`
}

const named = (some: readonly ClusterPlan[], all: readonly ClusterPlan[]): string =>
  some.length === all.length ? '' : ` (${some.map(({cluster}) => cluster).join(', ')})`

const givenBack = (some: readonly ClusterPlan[]): string =>
  [...new Set(some.flatMap(({changes}) => changes.map(({field}) => fields[field])))].join(' and ')

function costLine({before, after, date}: PlannedScale['cost']): string {
  const [from, to] = [costInWords(before), costInWords(after)]
  return `${from === to ? to : `${from} → ${to}`} an hour for all nodes (prices of ${date})`
}

function ownerInWords(owner: Owner): string {
  switch (owner.kind) {
    case 'deployment':
      return 'Deployment'
    case 'hpa':
      return `HPA ${owner.name}`
    case 'keda':
      return `KEDA ${owner.name}`
    case 'several':
      return owner.names.join(' and ')
  }
}

const moveOf = ({now, wanted}: ClusterPlan): string =>
  (now === wanted ? `${now}` : `${now} → ${wanted}`).padEnd(9)

function roomFor({now, wanted, placements, growth, returns, recedes, requests}: ClusterPlan): string {
  const amounts = Object.entries(requests)
    .filter(([, amount]) => amount > 0)
    .map(([name, amount]) => inWords(name, amount))
  const each = amounts.length > 0 ? ` (each takes ${amounts.join(', ')})` : ''
  const fitting = placements.reduce((sum, {pods}) => sum + pods, 0)
  const there =
    fitting === 0
      ? []
      : [`${fitting} more ${fitting === 1 ? 'fits' : 'fit'} on ${nodesInWords(placements)}${each}`]
  const parts = [
    ...there,
    ...growth.map((one) => growthInWords(one)),
    ...(wanted < now ? [`${now - wanted} fewer`] : []),
    ...(returns.length > 0
      ? [`then ${returns.map(({node, group}) => `${node} (pool ${group})`).join(', ')} given back`]
      : []),
    ...(recedes.length > 0
      ? [`when that many have gone, free nodes of pool ${recedes.join(', ')} given back`]
      : []),
  ]
  return parts.join('; ')
}

const mostNodes = 4

function nodesInWords(placements: ClusterPlan['placements']): string {
  if (placements.length > mostNodes) return `${placements.length} nodes`
  return placements.map(({node, pods}) => (pods > 1 ? `${node} (${pods})` : node)).join(', ')
}

/** Whether anything is done in a cluster. */
export const isChanged = ({changes, growth, returns, recedes}: ClusterPlan): boolean =>
  changes.length > 0 || growth.length > 0 || returns.length > 0 || recedes.length > 0

function growthInWords({group, from, to, added, max, pods, zones, instanceType}: Growth): string {
  const about = [
    ...(instanceType === undefined ? [] : [instanceType]),
    ...(zones.length > 0 ? [`zones ${zones.join(' ')}`] : []),
    `max ${max}`,
  ]
  if (to === from) return `${counted(added, 'node')} of pool ${group} on the way for ${pods} of them`
  return `pool ${group} ${from} → ${to} nodes for ${pods} of them (${about.join(', ')})`
}

const kinds: Readonly<Record<string, string>> = {
  deployment: 'Deployment',
  horizontalpodautoscaler: 'HPA',
  scaledobject: 'ScaledObject',
}
const fields: Readonly<Record<Change['field'], string>> = {
  'spec.replicas': 'replicas',
  'spec.minReplicas': 'min',
  'spec.maxReplicas': 'max',
  'spec.minReplicaCount': 'min',
  'spec.maxReplicaCount': 'max',
  'spec.triggers': 'trigger',
}

function howOf({cluster, changes, owner}: ClusterPlan, isOneOfSeveral: boolean): readonly string[] {
  if (changes.length === 0) return []
  const [kind = '', name = ''] = changes[0]?.object.split('/') ?? []
  const parts = changes.map(({object, field, from, to}) => {
    const other = object === changes[0]?.object ? '' : `${kinds[object.split('/')[0] ?? ''] ?? ''} `
    return `${other}${fields[field]} ${valueInWords(from)} → ${valueInWords(to)}`
  })
  const bounds = owner.kind === 'hpa' || owner.kind === 'keda' ? owner : undefined
  const isMaxKept =
    bounds &&
    changes.some(({field}) => fields[field] === 'min') &&
    !changes.some(({field}) => fields[field] === 'max')
  const kept = isMaxKept && kind !== 'deployment' ? ` (max ${bounds.max} kept)` : ''
  return [`${isOneOfSeveral ? `${cluster}: ` : ''}${kinds[kind] ?? kind} ${name} ${parts.join(', ')}${kept}`]
}
