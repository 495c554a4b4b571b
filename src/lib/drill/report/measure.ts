import type {JournalRecord} from '../../operation/journal.ts'
import {resultOf, type Looked} from '../looked.ts'
import type {Marker} from '../../drivers/prober/types.ts'
import {gapOf, lostOf} from './markers.ts'
import {
  finished,
  type CollectProof,
  type LoadProof,
  type OperationProof,
  type SteadyProof,
} from '../proofs.ts'
import type {DrillReport, ObjectiveResult, ProbeResult, RtoResult} from './report-types.ts'
import type {Drill, ServiceObjective} from '../format/types.ts'

/** What a run has left to be judged by. */
export interface Measured {
  readonly drill: Drill
  readonly records: readonly JournalRecord[]
  /** Times are seconds since the start of the run. */
  readonly markers: readonly Marker[]
  readonly looks: readonly Looked[]
}

export type Measurement = Pick<DrillReport, 'rto' | 'rpo' | 'objectives' | 'probes'>

/** What was measured, beside what was wanted. What was not measured is unknown, never zero. */
export function measure(run: Measured): Measurement {
  const rto = rtoOf(run)
  const rpo = rpoOf(run)
  const probes = probesOf(run)
  return {rto, rpo, probes, objectives: objectivesOf(run, rto?.seconds, rpo?.lost.length)}
}

/** The writer itself was held up for longer than this within the gap: then the gap says little of the database. */
const mostPauseOf = (gapSeconds: number): number => Math.max(1, gapSeconds / 4)

/** The longest time without an acknowledged row, divided by what pp did meanwhile. */
function rtoOf({markers, records}: Measured): RtoResult | undefined {
  const gap = gapOf(markers, 0, Math.max(0, ...markers.map(({endedAt}) => endedAt)))
  // One that was not over when it was measured is no length: nobody knows when clients would have written again.
  if (!gap?.isOver || gap.longestPauseSeconds > mostPauseOf(gap.seconds)) return undefined
  const {from, to} = gap
  const operation = finished(records)
    .filter(({kind}) => kind === 'operation')
    .map(({proof}) => proof as OperationProof)
    .find((one) => one.from < to && one.to > from)
  const marks = operation
    ? [operation.from, operation.decidedAt ?? operation.from, operation.routedAt ?? operation.to]
    : [from, from, from]
  let last = from
  const lengths = [...marks, to].map((mark) => {
    const end = Math.min(to, Math.max(last, mark))
    const length = end - last
    last = end
    return round(length)
  })
  const [detect = 0, decide = 0, act = 0, reconnect = 0] = lengths
  return {
    seconds: round(to - from),
    from,
    to,
    split: {detect, decide, act, reconnect},
    operationSeconds: operation ? round(operation.to - operation.from) : 0,
  }
}

function rpoOf({markers, records}: Measured) {
  const collected = finished(records).findLast(({kind}) => kind === 'collect')?.proof as
    CollectProof | undefined
  return collected?.present && lostOf(markers, collected.present)
}

function probesOf({drill, records, looks}: Measured): readonly ProbeResult[] {
  const atOnce = finished(records).flatMap(({proof}) => (proof as Partial<SteadyProof>).probes ?? [])
  const during = drill.steadyState
    .filter(({when}) => when.includes('during'))
    .map((claim) =>
      resultOf(
        claim,
        'during',
        looks.filter(({probe}) => probe === claim.name),
      ),
    )
  return [...atOnce, ...during]
}

function objectivesOf(
  {drill, looks, records}: Measured,
  rtoSeconds: number | undefined,
  lostRows: number | undefined,
): readonly ObjectiveResult[] {
  const {objectives} = drill
  const atMost = (measured: number | undefined, limit: number) =>
    measured === undefined ? 'unknown' : measured <= limit ? 'met' : 'missed'
  return [
    ...(objectives.rtoSeconds === undefined
      ? []
      : [
          {
            id: 'rto',
            title: 'clients write again',
            limit: objectives.rtoSeconds,
            unit: 's',
            measured: rtoSeconds,
            status: atMost(rtoSeconds, objectives.rtoSeconds),
          } as const,
        ]),
    ...(objectives.rpoRows === undefined
      ? []
      : [
          {
            id: 'rpo',
            title: 'acknowledged rows that are missing',
            limit: objectives.rpoRows,
            unit: 'rows',
            measured: lostRows,
            status: atMost(lostRows, objectives.rpoRows),
          } as const,
        ]),
    ...objectives.services.flatMap((objective) => serviceObjectives(objective, looks)),
    ...finished(records)
      .filter(({kind}) => kind === 'load')
      .map(({proof}) => loadObjective(proof as LoadProof)),
  ]
}

/** Its thresholds are written in its script; here it counts whether all of them were met. */
const loadObjective = ({name, isMet}: LoadProof): ObjectiveResult => ({
  id: `load:${name}`,
  title: `${name}: thresholds of the load test`,
  limit: 1,
  unit: 'share',
  measured: isMet ? 1 : 0,
  status: isMet ? 'met' : 'missed',
})

function serviceObjectives(
  {name, probe, atLeast, outageSeconds}: ServiceObjective,
  looks: readonly Looked[],
): readonly ObjectiveResult[] {
  const seen = looks.filter((look) => look.probe === probe && look.state !== 'no-data')
  const share =
    seen.length === 0 ? undefined : seen.filter(({state}) => state === 'good').length / seen.length
  const outage = longestOutage(looks.filter((look) => look.probe === probe))
  return [
    ...(atLeast === undefined
      ? []
      : [
          {
            id: `service:${name}`,
            title: `${name}: share of good looks`,
            limit: atLeast,
            unit: 'share',
            measured: share === undefined ? undefined : round(share),
            status: share === undefined ? 'unknown' : share >= atLeast ? 'met' : 'missed',
          } as const,
        ]),
    ...(outageSeconds === undefined
      ? []
      : [
          {
            id: `outage:${name}`,
            title: `${name}: longest time without a good look`,
            limit: outageSeconds,
            unit: 's',
            measured: outage === undefined ? undefined : round(outage),
            status: outage === undefined ? 'unknown' : outage <= outageSeconds ? 'met' : 'missed',
          } as const,
        ]),
  ]
}

/**
 * Seconds from the end of the last good look before a bad one to the end of the next good one, the longest; 0 where none was
 * bad. One that has not ended counts to the last look. Undefined where none was good, or none was made.
 */
export function longestOutage(looks: readonly Looked[]): number | undefined {
  const inOrder = looks.toSorted((a, b) => a.to - b.to)
  if (!inOrder.some(({state}) => state === 'good')) return undefined
  let since = inOrder[0]?.from ?? 0
  let isOut = false
  let longest = 0
  for (const {state, to} of inOrder) {
    if (state !== 'good' || isOut) longest = Math.max(longest, to - since)
    isOut = state !== 'good'
    if (!isOut) since = to
  }
  return longest
}

const round = (value: number): number => Math.round(value * 1000) / 1000
