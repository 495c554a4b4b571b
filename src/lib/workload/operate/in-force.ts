import type {GivenBack} from './given-back.ts'
import type {Memory} from './memory.ts'
import {isSameGroup} from './memory-of-groups.ts'
import {groupIn} from './plan-groups.ts'
import {isOurs} from './plan.ts'
import {samePlace, type ScaleIntent, type ScaleState} from './types.ts'

/** An undo without what was given back already. @param left sites that are left as they are. */
export function withoutGivenBack(
  intent: ScaleIntent,
  {clusters, kept}: GivenBack,
  left: readonly string[],
): ScaleIntent {
  const {undo} = intent
  if (!undo) return intent
  const isOpen = ({cluster}: {readonly cluster: string}) => !clusters.has(cluster)
  const {fields, grown, returned, chosen = []} = undo
  return {
    ...intent,
    undo: {
      ...undo,
      fields: fields.filter(isOpen),
      grown: grown.flatMap((one) => (isOpen(one) ? [one] : kept.length > 0 ? [{...one, kept}] : [])),
      returned: returned.filter(isOpen),
      chosen: chosen.filter((cluster) => !clusters.has(cluster)),
      left,
    },
  }
}

/**
 * An undo without what was begun and had no effect, or has been given back by the cluster itself when its time was over. What is
 * there counts, though pp died before it wrote so: the resume that finds it there does not do it again.
 */
export function withoutUnmade(intent: ScaleIntent, state: ScaleState, memory: Memory): ScaleIntent {
  const {undo} = intent
  if (!undo) return intent
  const {set, groups} = memory
  const ended = endedByItself(intent, state, memory)
  const fields = undo.fields.filter(
    (one) =>
      !ended.some((other) => samePlace(other, one)) &&
      (set.some((other) => other.isDone && samePlace(other, one)) ||
        state.fields.some((is) => samePlace(is, one) && isOurs(is) && is.value === one.to)),
  )
  const grown = undo.grown.filter(
    (one) =>
      groups.grown.some((other) => other.isDone && isSameGroup(other, one)) ||
      (groupIn(state, one)?.desired ?? 0) >= one.to,
  )
  return {...intent, undo: {...undo, fields, grown}}
}

/** What a Job has given back at its time; one that could not give all back is still there. */
function endedByItself({undo, until}: ScaleIntent, state: ScaleState, {scheduled}: Memory) {
  if (!until || Date.parse(until.to) > Date.now()) return []
  const jobOf = (name: string) => state.clusters.find(({cluster}) => cluster === name)?.scheduled
  return scheduled
    .filter(({cluster}) => jobOf(cluster) !== undo?.operation)
    .flatMap(({cluster, fields}) => fields.map((one) => ({...one, cluster})))
}
