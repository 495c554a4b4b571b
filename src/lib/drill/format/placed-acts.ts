import type {KeyPath} from '../../yaml/yaml-file.ts'
import {actName} from './act-name.ts'
import {faultKinds} from './act-schema.ts'
import type {Outline, OutlineAct} from './outline.ts'

/** An act as far as it could be read, and where it is written. */
export interface PlacedAct {
  readonly act: OutlineAct
  readonly path: KeyPath
  /** Undefined where it is of no kind that there is: the schema says so, and what follows from it need not be said. */
  readonly name: string | undefined
  /** Acts with the same number begin together. */
  readonly turn: number
}

/** All acts of the method, parallel ones and their parts too, then those of undo. */
export function placedActs({method, undo}: Outline): PlacedAct[] {
  const ofMethod = method.flatMap(({parallel, ...act}, turn) => {
    const path = ['method', turn]
    if (parallel.length === 0) return [{act, path, name: nameOf(act), turn}]
    return [
      {act: {with: act.with}, path, name: act.name ?? 'parallel', turn},
      ...parallel.map((inner, index) => ({
        act: inner,
        path: [...path, 'parallel', index],
        name: nameOf(inner),
        turn,
      })),
    ]
  })
  const ofUndo = undo.map((act, index) => ({
    act,
    path: ['undo', index],
    name: nameOf(act),
    turn: method.length + index,
  }))
  return [...ofMethod, ...ofUndo]
}

function nameOf(act: OutlineAct): string | undefined {
  const {fault, operation, wait, lift, load} = act
  const isKnown =
    fault === undefined ? (operation ?? wait ?? lift ?? load) : faultKinds.includes(fault) || undefined
  return isKnown === undefined ? undefined : actName(act)
}
