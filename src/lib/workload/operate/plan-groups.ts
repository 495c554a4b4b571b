import type {GroupMemory} from './memory-of-groups.ts'
import type {GroupState, GrownGroup, ReturnedNode, ScaleIntent, ScaleState, ScaleStep} from './types.ts'

interface Place {
  readonly cluster: string
  readonly group: string
}

export const groupIn = ({groups}: ScaleState, {cluster, group}: Place): GroupState | undefined =>
  groups.find((one) => one.cluster === cluster && one.group === group)

/** Groups that still have to be made larger. One that pp has made larger and that is smaller by now was made so by somebody else. */
export function growing(state: ScaleState, intent: ScaleIntent, {grown}: GroupMemory): readonly ScaleStep[] {
  return intent.clusters.flatMap(({cluster, growth}) =>
    growth.flatMap(({group, by}): ScaleStep[] => {
      const is = groupIn(state, {cluster, group})
      const before = grown.find((one) => one.cluster === cluster && one.group === group)
      if (!is || by === 0 || (before && (before.isDone || is.desired >= before.to))) return []
      const known = is.instances.map(({id}) => id)
      return [{kind: 'grow', cluster, group, was: is.desired, to: is.desired + by, known}]
    }),
  )
}

export function joining({clusters}: ScaleIntent, {isJoined}: GroupMemory): readonly ScaleStep[] {
  const groups = clusters.flatMap(({cluster, growth}) =>
    growth.map(({group, added, present}) => ({cluster, group, added, present})),
  )
  return groups.length === 0 || isJoined ? [] : [{kind: 'join', groups}]
}

/** Clusters whose autoscaler has to go down before it is known which nodes are free. */
export function receding({clusters}: ScaleIntent, {receded}: GroupMemory): readonly ScaleStep[] {
  const open = clusters.filter(({recedes}) => recedes.length > 0)
  if (open.length === 0 || receded) return []
  return [{kind: 'recede', clusters: open.map(({cluster, wanted}) => ({cluster, wanted}))}]
}

/** Nodes that are still to be given back: one that could not be is not tried again. */
export function returning(
  state: ScaleState,
  intent: ScaleIntent,
  {returned, receded = []}: GroupMemory,
): readonly ScaleStep[] {
  const free = receded.map((one) => ({cluster: one.cluster, returns: one.free}))
  return [...intent.clusters, ...free].flatMap(({cluster, returns}) =>
    returns.flatMap(({group, node, instance}): ScaleStep[] => {
      const is = groupIn(state, {cluster, group})
      const there = is?.instances.find(({id}) => id === instance)
      const before = returned.find((one) => one.instance === instance)
      if (!is || !there || before?.isDone || before?.kept !== undefined) return []
      // Begun and cut off: the cordon is pp's own, as it was told then.
      const wasCordoned = before?.wasCordoned ?? there.isCordoned
      return [{kind: 'return', cluster, group, node, instance, was: is.desired, wasCordoned, isUndo: false}]
    }),
  )
}

/**
 * The way back around the fields: nodes that were given back come again before their Pods do, and nodes that pp has added go
 * when theirs have gone. Exactly those, and no more than pp has added: what somebody else has made of the group's size stays.
 */
export function aroundFields(
  state: ScaleState,
  {
    grown,
    returned,
  }: {
    readonly grown: readonly GrownGroup[]
    readonly returned: readonly (ReturnedNode & {readonly kept?: string | undefined})[]
  },
  fields: readonly ScaleStep[],
): readonly ScaleStep[] {
  return [...regrowing(state, returned), ...fields, ...grown.flatMap((one) => shrinking(state, one))]
}

function regrowing(
  state: ScaleState,
  returned: readonly (ReturnedNode & {readonly kept?: string | undefined})[],
): readonly ScaleStep[] {
  const isThere = (one: ReturnedNode) =>
    groupIn(state, one)?.instances.some(({id}) => id === one.instance) ?? false
  const uncordoned = returned
    .filter((one) => isThere(one) && one.kept === undefined && !one.wasCordoned && one.node !== null)
    .filter(({instance, ...place}) =>
      groupIn(state, place)?.instances.some(({id, isCordoned}) => id === instance && isCordoned),
    )
    .map(({cluster, node}): ScaleStep => ({kind: 'uncordon', cluster, node: node ?? ''}))
  const gone = returned.filter((one) => !isThere(one) && one.kept === undefined)
  const byGroup = Object.values(Object.groupBy(gone, ({cluster, group}) => `${cluster} ${group}`))
  const regrown = byGroup.flatMap((of = []): ScaleStep[] => {
    const [first] = of
    const is = first && groupIn(state, first)
    if (!is) return []
    const {cluster, group} = first
    const to = Math.min(is.max, is.desired + of.length, Math.max(...of.map(({was}) => was)))
    return to > is.desired ? [{kind: 'regrow', cluster, group, to}] : []
  })
  return [...uncordoned, ...regrown]
}

function shrinking(
  state: ScaleState,
  {cluster, group, was, to, known, kept}: GrownGroup,
): readonly ScaleStep[] {
  const is = groupIn(state, {cluster, group})
  if (!is) return []
  const again = kept && is.instances.filter(({id}) => kept.includes(id))
  const least = Math.max(was, is.min, is.desired - (again?.length ?? to - was))
  const surplus = is.desired - least
  if (surplus <= 0) return []
  const added = (again ?? is.instances.filter(({id}) => !known.includes(id))).slice(-surplus)
  const lower: ScaleStep = {kind: 'lower', cluster, group, to: is.desired - (surplus - added.length)}
  return [
    ...(added.length < surplus ? [lower] : []),
    ...added.map(({id, node, isCordoned}, index): ScaleStep => ({
      kind: 'return',
      cluster,
      group,
      node: node ?? null,
      instance: id,
      was: least + added.length - index,
      wasCordoned: isCordoned,
      isUndo: true,
    })),
  ]
}
