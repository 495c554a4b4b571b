import {causeOf} from '../operation/cause.ts'
import type {JournalRecord} from '../operation/journal.ts'
import type {Ending} from '../operation/run.ts'
import {versionOf} from './image.ts'
import {imageOf} from './template.ts'
import type {RolloutIntent} from './types.ts'

/** The result of a deploy or a rollback, for `--json` and for the text alike. */
export function rolloutReport({
  id,
  intent,
  ending,
  records,
}: {
  readonly id: string
  readonly intent: RolloutIntent
  readonly ending: Ending
  readonly records: readonly JournalRecord[]
}) {
  const isClosed = records.some(({type}) => type === 'closed')
  return {
    schemaVersion: 1,
    operation: {id, kind: 'rollout'},
    outcome: ending.outcome,
    exitCode: ending.exitCode,
    direction: ending.direction,
    service: intent.service,
    act: intent.operation,
    clusters: intent.targets.map(({cluster, site, from, to, revision}) => ({
      cluster,
      site,
      from: imageOf(from),
      to: imageOf(to),
      revision: revision ?? null,
    })),
    phases: ending.phases.map(({id: phase, ms}) => ({id: phase, ms: Math.round(ms * 10) / 10})),
    /** Why it was put back or left unfinished; null when it went through, and for a signal. */
    error: causeOf(ending),
    findings: ending.findings,
    next: isClosed ? [`pp rollout status ${intent.service}`] : [`pp op resume ${id}`, `pp op abort ${id}`],
  }
}

export type RolloutReport = ReturnType<typeof rolloutReport>

/** The same where every cluster runs it already. */
export const alreadyReport = (service: string, act: RolloutIntent['operation']) => ({
  schemaVersion: 1,
  operation: null,
  outcome: 'done',
  exitCode: 0,
  direction: 'forward',
  service,
  act,
  clusters: [],
  phases: [],
  error: null,
  findings: [],
  next: [`pp rollout status ${service}`],
  already: true,
})

export function showReport(report: RolloutReport): string {
  const {outcome, direction, service, clusters, phases, error, findings, next} = report
  const seconds = Math.round(phases.reduce((sum, {ms}) => sum + ms, 0) / 1000)
  const to = clusters.map(({cluster, to: image}) => `${cluster} ${versionOf(image)}`).join(', ')
  const back = clusters.map(({cluster, from}) => `${cluster} ${versionOf(from)}`).join(', ')
  switch (outcome) {
    case 'done':
      return [
        `done  ${service} runs ${direction === 'forward' ? to : `${back}, as before`}. ${seconds} s.`,
        ...findings.map((one) => `      ${one}`),
      ].join('\n')
    case 'undone':
    case 'timed-out':
      return `undone  ${service} runs ${back}, as before: ${error?.message ?? 'told to stop.'}`
    default:
      return [
        `${outcome}  ${service}: ${error?.message ?? findings.join('; ')}`,
        ...next.map((one) => `      ${one}`),
      ].join('\n')
  }
}
