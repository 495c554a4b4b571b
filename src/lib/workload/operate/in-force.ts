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
 * An undo without what was begun and had no effect. What is there counts, though pp died before it wrote so: the resume that
 * finds it there does not do it again.
 */
export function withoutUnmade(intent: ScaleIntent, state: ScaleState, {set, groups}: Memory): ScaleIntent {
  const {undo} = intent
  if (!undo) return intent
  const fields = undo.fields.filter(
    (one) =>
      set.some((other) => other.isDone && samePlace(other, one)) ||
      state.fields.some((is) => samePlace(is, one) && isOurs(is) && is.value === one.to),
  )
  const grown = undo.grown.filter(
    (one) =>
      groups.grown.some((other) => other.isDone && isSameGroup(other, one)) ||
      (groupIn(state, one)?.desired ?? 0) >= one.to,
  )
  return {...intent, undo: {...undo, fields, grown}}
}
