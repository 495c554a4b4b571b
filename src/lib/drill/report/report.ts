import {faultPlace} from '../fault-place.ts'
import {messageOf, PpError} from '../../errors.ts'
import type {Fleet} from '../../fleet/types.ts'
import type {JournalRecord} from '../../operation/journal.ts'
import type {Ending} from '../../operation/run.ts'
import type {DrillIntent} from '../intent.ts'
import type {Looked} from '../looked.ts'
import type {Marker} from '../../drivers/prober/types.ts'
import {looksOfMarkers} from './markers.ts'
import {measure} from './measure.ts'
import {intents} from '../plan.ts'
import {finished, type FaultProof, type LiftProof, type OperationProof, type StepProof} from '../proofs.ts'
import type {ActResult, DrillReport, FaultResult} from './report-types.ts'
import {markerPaceSeconds} from '../running.ts'
import {spansOf} from './spans.ts'
import {singleSteps, type SingleStep} from '../steps.ts'
import type {Drill} from '../format/types.ts'

export interface Ran {
  readonly fleet: Fleet
  readonly intent: DrillIntent
  readonly operation: string
  readonly records: readonly JournalRecord[]
  readonly markers: readonly Marker[]
  readonly looks: readonly Looked[]
  readonly ending: Pick<Ending, 'outcome' | 'exitCode' | 'findings' | 'error'>
  readonly versions: Readonly<Record<string, string>>
}

/** The report of a run, from its journal and from what was measured: nothing in it is remembered otherwise. */
export function drillReport(ran: Ran): DrillReport {
  const {fleet, intent, operation, records, markers, looks, ending, versions} = ran
  const {drill} = intent
  const {rto, rpo, probes, objectives} = measure({drill, records, markers, looks})
  const opened = records[0]?.data as {operator?: {owner?: string}} | undefined
  const faults = faultsOf(records)
  return {
    schemaVersion: 1,
    id: intent.run,
    operation,
    drill: {
      name: drill.name,
      title: drill.title,
      why: drill.why,
      owner: drill.owner,
      file: drill.file,
      hash: drill.hash,
    },
    fleet: fleet.name,
    environment: fleet.environment,
    operator: opened?.operator?.owner ?? '',
    startedAt: records[0]?.at ?? '',
    endedAt: records.at(-1)?.at ?? '',
    planHash: intent.planHash,
    versions,
    outcome: ending.outcome,
    exitCode: ending.exitCode,
    reasons: reasonsOf(ran),
    manual: manualOf(ran, faults),
    objectives,
    rto,
    rpo,
    probes,
    acts: actsOf(records),
    faults,
    spans: spansOf([...looksOfMarkers(markers, markerLane, lateSeconds), ...looks], pacesOf(drill)),
  }
}

function reasonsOf({ending, records}: Ran): readonly string[] {
  const {outcome, findings, error} = ending
  if (outcome === 'done') return []
  const turned = records.flatMap(({type, data}) =>
    type === 'direction' ? ((data as {why?: string}).why ?? []) : [],
  )
  const why =
    error === undefined
      ? []
      : [error instanceof PpError ? `${error.code}: ${error.message}` : messageOf(error)]
  // The step that failed is what turned it back: with its code it is said once.
  const others = turned.filter((reason) => !why.some((one) => one.includes(reason)))
  return [...new Set([...findings, ...others, ...why])]
}

/** What is left for somebody to do, where the run could not put everything back. */
function manualOf({intent, operation, ending}: Ran, faults: readonly FaultResult[]): readonly string[] {
  if (ending.outcome !== 'human') return []
  const inForce = faults.filter(({liftedAt}) => liftedAt === undefined)
  return [
    `pp drill undo ${intent.run}`,
    ...inForce.map(({kind, host}) => byHand(kind, host)),
    `pp op show ${operation} --manual`,
  ]
}

const byHand = (kind: string, host: string): string =>
  kind === 'power-off' ? `switch ${host} on` : `on ${host}, as root: pp-host lift`

interface Begun {
  readonly name: string
  readonly kind: SingleStep['kind'] | 'settle'
}

/** What was done and what failed, in the order in which it began. */
function actsOf(records: readonly JournalRecord[]): readonly ActResult[] {
  const done = finished(records)
  const acts = intents(records).flatMap((step): readonly Begun[] =>
    step.kind === 'settle' ? [step] : singleSteps(step),
  )
  const once = acts.filter(({name}, index) => acts.findIndex((other) => other.name === name) === index)
  return once.map((step) => {
    const ended = done.find(({proof}) => proof.name === step.name)
    return ended ? actDone(step.kind, ended.proof) : actFailed(step.name, step.kind, records)
  })
}

const actDone = (kind: SingleStep['kind'] | 'settle', proof: StepProof): ActResult => ({
  name: proof.name,
  kind: kind === 'settle' ? 'operation' : kind,
  from: proof.from,
  to: proof.to,
  status: 'done',
  says: proof.says,
  operation: (proof as Partial<OperationProof>).operation,
})

function actFailed(
  name: string,
  kind: SingleStep['kind'] | 'settle',
  records: readonly JournalRecord[],
): ActResult {
  const at = records.findIndex(
    ({type, data}) => type === 'step-intent' && (data as {name?: string}).name === name,
  )
  const failure = records.slice(at).find(({type}) => type === 'step-failed')
  const {message} = (failure?.data ?? {}) as {message?: string}
  return {
    name,
    kind: kind === 'settle' ? 'operation' : kind,
    from: secondsAt(records, records[at]),
    to: failure && secondsAt(records, failure),
    status: 'failed',
    says: message ?? 'it was interrupted',
    operation: undefined,
  }
}

/** By this machine's clock: there is no proof with a better one. */
const secondsAt = (records: readonly JournalRecord[], record: JournalRecord | undefined): number =>
  (Date.parse(record?.at ?? '') - Date.parse(records[0]?.at ?? '')) / 1000

function faultsOf(records: readonly JournalRecord[]): readonly FaultResult[] {
  const done = finished(records)
  const steps = intents(records)
    .flatMap(singleSteps)
    .filter((step) => step.kind === 'fault')
  const byName = new Map(steps.map((step) => [step.name, step]))
  return [...byName.values()].map(({name, fault}) => {
    const injected = done.find(({kind, proof}) => kind === 'fault' && proof.name === name)?.proof as
      FaultProof | undefined
    const lifted = done.find(({kind, proof}) => kind === 'lift' && (proof as LiftProof).fault === name)
      ?.proof as LiftProof | undefined
    return {
      name,
      kind: fault.kind,
      host: faultPlace(fault),
      injectedAt: injected?.from ?? 0,
      liftedAt: lifted?.to,
      inForce: injected?.inForce ?? 'not proved',
      gone: lifted?.gone,
    }
  })
}

/** Rows are a claim of their own in the drawing: that clients write. */
const markerLane = 'marker rows'
/** Until then a client waits; from then on it is kept waiting. */
const lateSeconds = 1

const pacesOf = ({steadyState}: Drill): Readonly<Record<string, number>> => ({
  [markerLane]: markerPaceSeconds,
  ...Object.fromEntries(steadyState.map(({name, paceSeconds}) => [name, paceSeconds])),
})
