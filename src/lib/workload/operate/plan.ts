import type {Plan} from '../../operation/types.ts'
import type {Memory} from './memory.ts'
import {aroundFields, groupIn, growing, joining, receding, returning} from './plan-groups.ts'
import {
  fieldManager, samePlace, type ClusterIntent, type FieldPlace, type FieldSet, type FieldState, type ScaleIntent, type ScaleState,
  type ScaleStep,
} from './types.ts' // prettier-ignore

/** `pp` owns it, so that what it holds is what `pp` has set. */
export const isOurs = ({owners}: Pick<FieldState, 'owners'>): boolean =>
  owners.some(({manager, operation}) => manager === fieldManager && operation === 'Apply')

/**
 * What is left to do. A field that `pp` has set already and that holds something else by now was set by somebody else: it is
 * not set again, so that two writers never fight.
 */
export function planForward(state: ScaleState, intent: ScaleIntent, memory: Memory): Plan<ScaleStep> {
  const {undo} = intent
  if (undo) {
    const scheduled = state.clusters.filter((one) => one.scheduled === undo.operation)
    const {fields, grown, returned, chosen = []} = undo
    const steps = aroundFields(state, {grown, returned}, [
      ...givingBack(state, fields, memory),
      ...scheduled.map(({cluster}): ScaleStep => ({
        kind: 'unschedule',
        cluster,
        operation: undo.operation,
      })),
      ...chosen
        .filter((cluster) => !memory.unchosen.includes(cluster) && !isSetLater(state, fields, cluster))
        .map((cluster): ScaleStep => ({kind: 'unchoose', cluster})),
    ])
    return {kind: 'steps', steps}
  }
  const {earlier = []} = intent.until ?? {}
  const set = (isGrowing: boolean) =>
    intent.clusters
      .filter(({growth}) => growth.length > 0 === isGrowing)
      .flatMap((one) => setting(one, {state, memory, earlier, until: intent.until?.to}))
  const awaited = intent.clusters.filter(({isAwaited}) => isAwaited)
  const recede = receding(intent, memory.groups)
  return {
    kind: 'steps',
    isPartial: recede.length > 0,
    steps: [
      ...growing(state, intent, memory.groups),
      // What needs no new node does not wait for those that do.
      ...set(false),
      ...joining(intent, memory.groups),
      ...set(true),
      ...(awaited.length === 0
        ? []
        : [{kind: 'ready' as const, clusters: awaited.map(({cluster, wanted}) => ({cluster, wanted}))}]),
      ...returning(state, intent, memory.groups),
      ...recede,
    ],
  }
}

/** The way back: each field gets what it had, where it still holds what `pp` has set. */
export function planBack(state: ScaleState, intent: ScaleIntent, memory: Memory): Plan<ScaleStep> {
  if (intent.undo) return planForward(state, intent, memory)
  const unchosen = memory.chosen.map((cluster): ScaleStep => ({kind: 'unchoose', cluster}))
  const known = memory.set.filter((one) => one.isDone || isOurs(now(state, one)))
  const unscheduled = memory.scheduled.map(({cluster}): ScaleStep => ({
    kind: 'unschedule',
    cluster,
    operation: undefined,
  }))
  const {grown, returned} = memory.groups
  const effective = grown.filter(
    ({isDone, cluster, group, to}) => isDone || (groupIn(state, {cluster, group})?.desired ?? 0) >= to,
  )
  const gone = returned.filter((one) => !one.isUndo)
  return {
    kind: 'steps',
    steps: aroundFields(state, {grown: effective, returned: gone}, [
      ...givingBack(state, known, memory),
      ...unscheduled,
      ...unchosen,
    ]),
  }
}

/** Fields that hold something else than what they were to hold, by somebody else's hand. */
export const changedByOthers = (state: ScaleState, intent: ScaleIntent): readonly FieldState[] =>
  intent.clusters.flatMap(({cluster, fields}) =>
    fields.flatMap((one) => {
      const is = now(state, {cluster, ...one})
      return is.value === one.to ? [] : [is]
    }),
  )

/** Whether a later scale of pp's holds a field by now: the marks on Pods are that one's. */
const isSetLater = (state: ScaleState, fields: readonly FieldSet[], cluster: string): boolean =>
  fields.some((one) => {
    const is = now(state, one)
    return one.cluster === cluster && isOurs(is) && ![one.to, one.was, one.over].includes(is.value)
  })

function now({fields}: ScaleState, place: FieldPlace): FieldState {
  const {cluster, object, field} = place
  return fields.find((one) => samePlace(one, place)) ?? {cluster, object, field, value: null, owners: []}
}

function setting(
  {cluster, owner, fields, now: before, wanted}: ClusterIntent,
  {
    state,
    memory,
    earlier,
    until,
  }: {
    readonly state: ScaleState
    readonly memory: Memory
    readonly earlier: readonly FieldSet[]
    readonly until: string | undefined
  },
): readonly ScaleStep[] {
  const open = fields
    .map((one): FieldSet => {
      const is = now(state, {cluster, ...one})
      const {value, owners} = is
      const base = earlier.find((set) => samePlace(set, is) && set.to === value)
      if (base) return {cluster, ...one, was: base.was, owners: base.owners, over: value}
      return {cluster, ...one, was: value, owners}
    })
    .filter(
      (one) =>
        now(state, one).value !== one.to && !memory.set.some((set) => set.isDone && samePlace(set, one)),
    )
  const objects = Object.entries(Object.groupBy(open, ({object}) => object))
  const scheduled = scheduling(cluster, open, memory, until)
  const sets = objects.map(([object, of = []]): ScaleStep => ({kind: 'set', cluster, object, fields: of}))
  // An autoscaler that is given a number until a time may go down after that, when nobody is there to take the marks away.
  const isLasting = owner === 'deployment' || until === undefined
  const isFewer = wanted < before && wanted > 0 && isLasting
  if (sets.length === 0 || !isFewer || memory.chosen.includes(cluster)) return [...scheduled, ...sets]
  return [...scheduled, {kind: 'choose', cluster, count: before - wanted}, ...sets]
}

/** Before anything is set, so that it is given back whenever pp dies. What KEDA's trigger ends needs nobody. */
function scheduling(
  cluster: string,
  open: readonly FieldSet[],
  memory: Memory,
  at: string | undefined,
): readonly ScaleStep[] {
  const byJob = open.filter(({field}) => field !== 'spec.triggers')
  if (at === undefined || byJob.length === 0) return []
  const before = memory.set
    .filter((one) => one.isDone && one.cluster === cluster && !byJob.some((other) => samePlace(one, other)))
    .map(({isDone: _, ...one}) => one)
  const fields = [...before, ...byJob]
  const known = memory.scheduled.find((one) => one.cluster === cluster)
  if (known && isSameSet(known.fields, fields)) return []
  return [{kind: 'schedule', cluster, at, fields}]
}

const isSameSet = (some: readonly FieldSet[], others: readonly FieldSet[]): boolean =>
  some.length === others.length &&
  some.every((one) =>
    others.some(
      (other) =>
        samePlace(one, other) && one.was === other.was && one.to === other.to && one.over === other.over,
    ),
  )

function givingBack(state: ScaleState, fields: readonly FieldSet[], memory: Memory): readonly ScaleStep[] {
  const restored: FieldSet[] = []
  const left: FieldSet[] = []
  for (const one of fields) {
    const is = now(state, one)
    // Its value first, then its owner: it is back when both are.
    if (is.value === one.was && (!isOurs(is) || isOurs(one))) continue
    const isOver = one.over !== undefined && is.value === one.over
    if (is.value === one.to || is.value === one.was || isOver) restored.push(one)
    else if (!memory.left.some((other) => samePlace(other, one))) left.push(one)
  }
  return [
    ...byObject(restored).map(([cluster, object, of]): ScaleStep => ({
      kind: 'restore',
      cluster,
      object,
      fields: of,
    })),
    ...byObject(left).map(([cluster, object, of]): ScaleStep => ({
      kind: 'leave',
      cluster,
      object,
      fields: of.map((one) => ({field: one.field, value: now(state, one).value, to: one.to, was: one.was})),
    })),
  ]
}

function byObject(fields: readonly FieldSet[]): readonly (readonly [string, string, readonly FieldSet[]])[] {
  return Object.values(Object.groupBy(fields, ({cluster, object}) => `${cluster} ${object}`)).flatMap(
    (of = []) => (of[0] ? [[of[0].cluster, of[0].object, of] as const] : []),
  )
}
