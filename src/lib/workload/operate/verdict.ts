import {counted} from '../../counted.ts'
import type {Direction, Verdict} from '../../operation/types.ts'
import type {Memory} from './memory.ts'
import type {GroupMemory} from './memory-of-groups.ts'
import type {Waited} from './wait.ts'
import type {FieldValue} from '../types.ts'
import {timeInWords, valueInWords} from '../until.ts'
import type {FieldState, LeftField, ScaleIntent, ScaleState, ScaleStep} from './types.ts'

export function stepTitle(step: ScaleStep): string {
  switch (step.kind) {
    case 'choose':
      return `${step.cluster}: choose ${counted(step.count, 'Pod')} that ${step.count === 1 ? 'goes' : 'go'} first`
    case 'unchoose':
      return `${step.cluster}: no Pod goes before others`
    case 'schedule':
      return `${step.cluster}: gives it back by itself at ${timeInWords(step.at)}`
    case 'unschedule':
      return `${step.cluster}: gives nothing back by itself any more`
    case 'set':
      return `${step.cluster}: ${step.object} ${step.fields.map(({field, was, to}) => `${short(field)} ${shown(was)} → ${shown(to)}`).join(', ')}`
    case 'restore':
      return `${step.cluster}: ${step.object} ${step.fields.map(({field, was}) => `${short(field)} back to ${shown(was)}`).join(', ')}`
    case 'leave':
      return `${step.cluster}: ${step.object} ${step.fields.map(({field, value}) => `${short(field)} stays ${shown(value)}`).join(', ')}`
    case 'grow':
      return `${step.cluster}: pool ${step.group} ${step.was} → ${step.to} nodes`
    case 'join':
      return step.groups
        .map(({cluster, group, added}) => `${cluster}: ${counted(added, 'node')} of pool ${group} Ready`)
        .join(', ')
    case 'return':
      return `${step.cluster}: empty ${step.node ?? step.instance} and give it back (pool ${step.group})`
    case 'recede':
      return step.clusters
        .map(({cluster, wanted}) => `${cluster}: the autoscaler down to ${wanted}`)
        .join(', ')
    case 'lower':
      return `${step.cluster}: pool ${step.group} waits for ${counted(step.to, 'node')} and no more`
    case 'regrow':
      return `${step.cluster}: pool ${step.group} back to ${counted(step.to, 'node')}`
    case 'uncordon':
      return `${step.cluster}: ${step.node} takes Pods again`
    case 'ready':
      return step.clusters.map(({cluster, wanted}) => `${cluster}: ${wanted} ready`).join(', ')
  }
}

const short = (field: string): string => field.slice('spec.'.length)
export const shown = (value: FieldValue): string => (value === null ? 'not set' : valueInWords(value))

/** What is told at an object and in the report of a field that was not given back. */
export const leftInWords = (
  {
    cluster,
    object,
    fields,
  }: {readonly cluster: string; readonly object: string; readonly fields: readonly LeftField[]},
  operation?: string,
): string =>
  fields
    .map(
      ({field, value, to, was}) =>
        `${operation === undefined ? `${cluster}: ${object} ` : ''}${field} is ${shown(value)} and no more the ${shown(to)} that pp set${operation === undefined ? '' : ` in operation ${operation}`}; it was not put back to ${shown(was)}`,
    )
    .join('; ')

interface Found {
  readonly direction: Direction
  readonly state: ScaleState
  readonly intent: ScaleIntent
  readonly left: Memory['left']
  readonly changed: readonly FieldState[]
  readonly waited: readonly Waited[] | undefined
  readonly groups: GroupMemory
}

/** What an operation has come to, from what is there. */
export function verdictOf({direction, state, intent, left, changed, waited = [], groups}: Found): Verdict {
  const silent = state.clusters.flatMap(({cluster, problem}) =>
    problem === undefined ? [] : [`${cluster}: ${problem}`],
  )
  // What is in a cluster that does not answer is not known.
  if (silent.length > 0) return {outcome: 'human', findings: silent}
  const kept = keptInWords(groups)
  if (direction === 'back') {
    const stays = [...left.map((one) => leftInWords({...one, fields: [one]})), ...kept]
    return {outcome: stays.length > 0 ? 'degraded' : 'done', findings: stays}
  }
  const others = changed.map(
    ({cluster, object, field, value, owners}) =>
      `${cluster}: ${object} ${field} is ${shown(value)} by now, set by ${owners.map(({manager}) => manager).join(', ') || 'somebody'}`,
  )
  if (others.length > 0) return {outcome: 'different', findings: others}
  const behind = intent.clusters.flatMap(({cluster, wanted, isAwaited}) => {
    const {ready = 0} = state.clusters.find((one) => one.cluster === cluster) ?? {}
    const last = waited.find((one) => one.cluster === cluster)
    return isAwaited && (ready < wanted || last?.isThere === false)
      ? [`${cluster}: ${ready} of ${wanted} ready`]
      : []
  })
  const causes = waited.flatMap(({cluster, causes: all}) =>
    all.map(
      ({title, pods, objects, next}) =>
        `${cluster}: ${title} (${counted(pods, 'Pod')}: ${objects.slice(0, 3).join(', ')}${objects.length > 3 ? ', …' : ''}): ${next}`,
    ),
  )
  const findings = [...(behind.length > 0 ? [...behind, ...groups.missing, ...causes] : []), ...kept]
  return {outcome: findings.length > 0 ? 'degraded' : 'done', findings}
}

/** Nodes that could not be given back. */
const keptInWords = ({returned}: GroupMemory): readonly string[] =>
  returned.flatMap(({cluster, node, instance, kept}) =>
    kept === undefined ? [] : [`${cluster}: ${node ?? instance} stays: ${kept}`],
  )
