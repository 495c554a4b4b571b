import * as z from 'zod/mini'

import {causeOf, type Cause} from '../../operation/cause.ts'
import type {JournalRecord} from '../../operation/journal.ts'
import type {Ending} from '../../operation/run.ts'
import type {Direction, Phase} from '../../operation/types.ts'
import type {ExitCode, Outcome} from '../../outcome.ts'
import {formatDuration} from '../../duration.ts'
import {sum} from '../sum.ts'
import type {FieldValue} from '../types.ts'
import {typedWords} from '../../typed-words.ts'
import {timeInWords} from '../until.ts'
import {remembered} from './memory.ts'
import {samePlace, type FieldPlace, type ScaleIntent, type ScaleState} from './types.ts'
import type {Waited} from './wait.ts'

/** One field, as it was, as it was to be, and as it is. */
export interface ReportedField extends FieldPlace {
  readonly was: FieldValue
  readonly to: FieldValue
  readonly now: FieldValue
}

export interface ReportedCluster {
  readonly cluster: string
  readonly site: string
  readonly deployment: string
  readonly owner: string
  readonly before: number
  readonly wanted: number
  /** Null: the cluster does not answer. */
  readonly replicas: number | null
  readonly ready: number | null
  readonly problem: string | null
  readonly fields: readonly ReportedField[]
  readonly waited: Waited | null
}

/** A node group that it was about, with its desired size. */
export interface ReportedGroup {
  readonly cluster: string
  readonly group: string
  /** Null: not known. */
  readonly before: number | null
  readonly now: number | null
}

export interface ScaleReport {
  readonly schemaVersion: 1
  readonly operation: {readonly id: string; readonly kind: 'scale'}
  readonly service: string
  readonly undoes: string | null
  /** When it is given back by itself, ISO 8601. */
  readonly until: string | null
  readonly outcome: Outcome
  readonly exitCode: ExitCode
  readonly direction: Direction
  readonly clusters: readonly ReportedCluster[]
  readonly nodeGroups: readonly ReportedGroup[]
  readonly phases: readonly Phase[]
  readonly findings: readonly string[]
  readonly error: Cause | null
  /** Commands to type next. */
  readonly next: readonly string[]
}

export function scaleReport({
  id,
  intent,
  state,
  waited = [],
  ending,
  records,
}: {
  readonly id: string
  readonly intent: ScaleIntent
  readonly state: ScaleState
  readonly waited: readonly Waited[] | undefined
  readonly ending: Ending
  readonly records: readonly JournalRecord[]
}): ScaleReport {
  const memory = remembered(records)
  const set = intent.undo?.fields ?? memory.set
  const groups = reportedGroups(state, records)
  const isOpen = !records.some(({type}) => type === 'closed')
  const {service, site, undo} = intent
  const receded = memory.groups.receded ?? []
  const isAbove = receded.some(({isThere}) => !isThere)
  const joining = receded.flatMap((one) => one.joining)
  const again = ['pp', 'scale', service, String(sum(intent.clusters.map(({wanted}) => wanted)))]
  const next = isOpen
    ? [`pp op resume ${id}`, `pp op abort ${id}`]
    : [
        `pp op show ${id}`,
        ...(undo?.left ?? []).map(
          (one) =>
            `the rest: ${typedWords(['pp', 'scale', service, '--undo', undo?.operation ?? '', '--site', one])}`,
        ),
        ...(ending.direction === 'forward' && !undo && (set.length > 0 || groups.length > 0)
          ? [`undo: pp scale ${service} --undo ${id}`]
          : []),
        ...(ending.outcome === 'degraded' ? [`pp why ${service}`] : []),
        ...(ending.direction === 'forward' && (isAbove || joining.length > 0)
          ? [
              `nodes, once ${isAbove ? 'it has gone down' : `${joining.join(', ')} has joined`}: ${typedWords([...again, ...(site === undefined ? [] : ['--site', site])])}`,
            ]
          : []),
      ]
  return {
    schemaVersion: 1,
    operation: {id, kind: 'scale'},
    service,
    undoes: undo?.operation ?? null,
    until: undo || ending.direction === 'back' ? null : (intent.until?.to ?? null),
    outcome: ending.outcome,
    exitCode: ending.exitCode,
    direction: ending.direction,
    clusters: intent.clusters.map((one) => {
      const is = state.clusters.find(({cluster}) => cluster === one.cluster)
      return {
        cluster: one.cluster,
        site: one.site,
        deployment: one.deployment,
        owner: one.owner,
        before: one.now,
        wanted: one.wanted,
        replicas: is?.replicas ?? null,
        ready: is?.ready ?? null,
        problem: is?.problem ?? null,
        fields: set
          .filter(({cluster}) => cluster === one.cluster)
          .map(({cluster, object, field, was, to}) => ({
            cluster,
            object,
            field,
            was,
            to,
            now: state.fields.find((other) => samePlace(other, {cluster, object, field}))?.value ?? null,
          })),
        waited: waited.find(({cluster}) => cluster === one.cluster) ?? null,
      }
    }),
    nodeGroups: groups,
    phases: ending.phases,
    findings: ending.findings,
    error: causeOf(ending),
    next,
  }
}

const beforeSchema = z.object({
  groups: z.optional(z.array(z.object({cluster: z.string(), group: z.string(), desired: z.number()}))),
})

function reportedGroups(state: ScaleState, records: readonly JournalRecord[]): readonly ReportedGroup[] {
  const before = beforeSchema.safeParse(records.find(({type}) => type === 'before')?.data).data?.groups ?? []
  return before.map(({cluster, group, desired}) => ({
    cluster,
    group,
    before: desired,
    now: state.groups.find((one) => one.cluster === cluster && one.group === group)?.desired ?? null,
  }))
}

export function showScaleReport(report: ScaleReport): string {
  const {outcome, service, clusters, nodeGroups, direction, undoes, operation, next, error, findings} = report
  const each = clusters.map(({cluster, ready, replicas}) =>
    ready === null || replicas === null ? `${cluster} not known` : `${cluster} ${ready} of ${replicas} ready`,
  )
  const slowest = Math.max(0, ...clusters.map(({waited}) => waited?.seconds ?? 0))
  const all = sum(clusters.map(({wanted}) => wanted))
  const isKept = clusters.some(
    ({replicas, wanted, owner}) => owner !== 'deployment' && (replicas ?? 0) > wanted,
  )
  const after = slowest > 0 && outcome === 'done' ? `, in ${formatDuration(slowest)}` : ''
  const what =
    undoes !== null
      ? `what ${undoes} set on ${service} is given back`
      : direction === 'back'
        ? `${service} is set as it was before`
        : `${service} is set to ${all}`
  return [
    `${outcome}  ${what}: ${each.join(', ')}${after}.`,
    ...(direction === 'forward' && undoes === null && isKept
      ? ['      The autoscaler goes down when its own measure allows it.']
      : []),
    ...nodeGroups.map(
      ({cluster, group, before, now}) =>
        `      ${cluster}: pool ${group} ${before === now ? '' : `${before ?? 'not known'} → `}${now ?? 'not known'} nodes`,
    ),
    ...(report.until === null ? [] : [`      Given back by itself at ${timeInWords(report.until)}.`]),
    ...(error ? [`      Because: ${error.message}`, `      Try: ${error.hint}`] : []),
    ...findings.filter((finding) => finding !== error?.message).map((finding) => `      ! ${finding}`),
    `      op ${operation.id}${next.map((command) => ` · ${command}`).join('')}`,
  ].join('\n')
}
