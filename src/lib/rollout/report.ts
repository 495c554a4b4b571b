import {causeOf} from '../operation/cause.ts'
import type {JournalRecord} from '../operation/journal.ts'
import type {Ending} from '../operation/run.ts'
import type {RolloutFacts} from './facts.ts'
import {versionOf} from './image.ts'
import {factsOf} from './plan.ts'
import {imageOf} from './template.ts'
import type {RolloutIntent} from './types.ts'

/** The result of a deploy or a rollback, for `--json` and for the text alike. */
export function rolloutReport({
  id,
  intent,
  facts,
  ending,
  records,
}: {
  readonly id: string
  readonly intent: RolloutIntent
  /** As they are after it. */
  readonly facts: readonly RolloutFacts[]
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
      runs: imageOf(factsOf(facts, {cluster}).template),
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
  const {outcome, service, clusters, phases, error, findings, next} = report
  const seconds = Math.round(phases.reduce((sum, {ms}) => sum + ms, 0) / 1000)
  const runs = clusters.map(({cluster, runs: image}) => `${cluster} ${versionOf(image)}`).join(', ')
  const asBefore = clusters.every(({from, runs: image}) => from === image) ? ', as before' : ''
  const more = findings.map((one) => `      ${one}`)
  switch (outcome) {
    case 'done':
      return [`done  ${service} runs ${runs}${asBefore}. ${seconds} s.`, ...more].join('\n')
    case 'undone':
    case 'timed-out':
      return [
        ...more,
        `undone  ${service} runs ${runs}${asBefore}: ${error?.message ?? 'told to stop.'}`,
      ].join('\n')
    default:
      return [
        `${outcome}  ${service}: ${error?.message ?? findings.join('; ')}`,
        ...next.map((one) => `      ${one}`),
      ].join('\n')
  }
}
