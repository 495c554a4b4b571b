import type {JournalRecord} from '../operation/journal.ts'
import type {Direction} from '../operation/types.ts'
import type {ResolvedDrill} from './resolve.ts'
import {singleSteps, type DrillStep, type SingleStep} from './steps.ts'

/**
 * What is left to do of a run, from what its journal says was done. Forward: the method, then everything that undoes it,
 * then the looks at the end. Back: only what undoes it, and what was measured so far is still collected.
 */
export function planDrill(
  drill: ResolvedDrill,
  direction: Direction,
  records: readonly JournalRecord[],
): readonly DrillStep[] {
  const done = namesDone(records)
  const left = (steps: readonly DrillStep[]) => steps.filter(({name}) => !done.has(name))
  const collect: DrillStep = {kind: 'collect', name: 'collect'}
  const {held: services = []} = drill
  const hold: DrillStep = {kind: 'hold-services', name: 'hold-services', services}
  // After all that puts the services right, and before the rows are counted: a failure there must not keep them.
  const release: DrillStep = {kind: 'release-services', name: 'release-services', services}
  if (direction === 'back') {
    const begun = intents(records)
    const acts = begun.flatMap(singleSteps)
    const lifted = new Set(
      acts.flatMap((act) => (act.kind === 'lift' && done.has(act.name) ? act.fault : [])),
    )
    const faults = acts.filter((act) => act.kind === 'fault')
    // Operations of the undo put a fleet right that was broken; where nothing was begun there is nothing to put right.
    const undo = faults.length > 0 ? drill.undo : []
    // What was begun is finished first: it may be what ends an outage.
    const settle: DrillStep = {kind: 'settle', name: 'settle'}
    const hasBegunOperation = acts.some((act) => act.kind === 'operation')
    const isMeasured = begun.some(({kind}) => kind === 'markers')
    const isHolding = begun.some(({kind}) => kind === 'hold-services')
    return left([
      ...(hasBegunOperation ? [settle] : []),
      ...lifts(once(faults).filter(({name}) => !lifted.has(name))),
      ...undo,
      ...(isHolding ? [release] : []),
      ...(isMeasured ? [collect] : []),
    ])
  }
  const faults = drill.method.flatMap(singleSteps).filter((step) => step.kind === 'fault')
  const lifted = new Set(
    drill.method.flatMap(singleSteps).flatMap((step) => (step.kind === 'lift' ? step.fault : [])),
  )
  return left([
    ...(services.length > 0 ? [hold] : []),
    {kind: 'markers', name: 'markers'},
    ...drill.method,
    ...lifts(faults.filter(({name}) => !lifted.has(name))),
    ...drill.undo,
    {kind: 'recover', name: 'recover'},
    {kind: 'steady', name: 'steady'},
    ...(services.length > 0 ? [release] : []),
    collect,
  ])
}

/** A step that was begun twice, before a kill and after it, is one. */
const once = (steps: readonly SingleStep[]): readonly SingleStep[] => [
  ...new Map(steps.map((step) => [step.name, step])).values(),
]

/** The latest first, as each was put on top of what was there before. */
const lifts = (faults: readonly SingleStep[]): readonly DrillStep[] =>
  faults.toReversed().map(({name}) => ({kind: 'lift', name: liftOf(name), fault: name}))

/** Name of the step that undoes a fault for which the method has no `lift` of its own. */
const liftOf = (fault: string): string => `lift ${fault}`

/** Steps that were begun, as the journal has them. */
export const intents = (records: readonly JournalRecord[]): readonly DrillStep[] =>
  records.filter(({type}) => type === 'step-intent').map(({data}) => data as DrillStep)

function namesDone(records: readonly JournalRecord[]): ReadonlySet<string> {
  return new Set(
    records
      .filter(({type}) => type === 'step-done')
      .flatMap(({data}) => (data as {proof?: {name?: string}}).proof?.name ?? []),
  )
}
