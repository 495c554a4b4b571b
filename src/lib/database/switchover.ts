import * as z from 'zod/mini'

import type {JournalRecord} from '../operation/journal.ts'
import type {Direction, StepContext, Verdict} from '../operation/types.ts'
import {performStep, type SwitchoverRun} from './execute.ts'
import {isPaused, memberOf, primaryMissing, routesTo, streamsFrom, writableMembers} from './facts.ts'
import {planBack, planForward} from './plan.ts'
import {PrimaryChange} from './primary-change.ts'
import {stepTitle} from './step-title.ts'
import type {
  BeforeImages,
  ClusterState,
  Memory,
  StopProof,
  SwitchoverIntent,
  SwitchoverStep,
} from './types.ts'

export const switchoverKind = 'database-switchover'

/** A planned change of primary as the engine of operations drives it. */
export class Switchover extends PrimaryChange<SwitchoverIntent, SwitchoverStep> {
  readonly kind = switchoverKind
  readonly #moved = new Set<string>()
  #guardsArmedAt: number | undefined
  #stop: StopProof | undefined

  plan(direction: Direction, records: readonly JournalRecord[]) {
    const memory = rememberFrom(records, this.#stop)
    return direction === 'forward'
      ? planForward(this.state, this.intent, memory)
      : planBack(this.state, this.intent, memory)
  }

  title(step: SwitchoverStep): string {
    return stepTitle(step)
  }

  summary(step: SwitchoverStep, proof: unknown): string | undefined {
    if (step.kind === 'stop') {
      const {checkpointLsn} = proof as StopProof
      return `${step.host} stopped at ${checkpointLsn}`
    }
    if (step.kind === 'prove') {
      const {replayLsn} = proof as {replayLsn: string}
      return `${step.host} has all of it: replayed to ${replayLsn}, same timeline, same system`
    }
    return undefined
  }

  async perform(step: SwitchoverStep, context: StepContext): Promise<unknown> {
    const run: SwitchoverRun = {
      cluster: this.cluster,
      intent: this.intent,
      operation: context.operation,
      token: context.token,
      detail: context.detail,
      before: rememberFrom(context.records, this.#stop).before,
      stop: this.#stop,
      moved: this.#moved,
      guardsArmedAt: this.#guardsArmedAt,
    }
    const proof = await performStep(step, run)
    this.#stop = run.stop
    this.#guardsArmedAt = run.guardsArmedAt
    return proof
  }

  async verify(direction: Direction): Promise<Verdict> {
    await this.observe()
    const {from, to, timeline} = this.intent
    return direction === 'forward'
      ? verdict(this.state, to, timeline + 1, {synchronousNames: this.intent.synchronousNames})
      : verdict(this.state, from, timeline)
  }
}

/**
 * The verdict from facts alone: one writable member, the right one, everybody follows it, nobody is held.
 *
 * @param absent a member that is lost and need not follow.
 */
export function verdict(
  state: ClusterState,
  primary: string,
  timeline: number,
  {synchronousNames, absent}: {readonly synchronousNames?: string; readonly absent?: string} = {},
): Verdict {
  const writable = writableMembers(state)
  if (writable.length > 1)
    return {outcome: 'human', findings: [`${writable.join(' and ')} both accept writes`]}
  if (writable.length === 0) return {outcome: 'human', findings: [primaryMissing(state)]}
  if (writable[0] !== primary)
    return {outcome: 'different', findings: [`${writable[0] ?? ''} is primary, not ${primary}`]}
  const held = state.poolers.filter((pooler) => !routesTo(pooler, primary))
  const astray = state.members.filter(
    (member) => member.host !== primary && member.host !== absent && !streamsFrom(member, primary),
  )
  const session = memberOf(state, primary).session
  const findings = [
    ...held.map(
      (pooler) =>
        `${pooler.host} does not lead to ${primary}${isPaused(pooler) ? ' and is paused' : ''}${pooler.problems[0] ? `: ${pooler.problems[0]}` : ''}`,
    ),
    ...state.poolers
      .filter((pooler) => pooler.isGuardArmed)
      .map((pooler) => `the guard on ${pooler.host} is still armed`),
    ...astray.map(
      (member) =>
        `${member.host} does not stream from ${primary}${member.problems[0] ? `: ${member.problems[0]}` : ''}`,
    ),
    ...(synchronousNames === undefined || session?.settings.synchronousStandbyNames === synchronousNames
      ? []
      : [
          `${primary} does not wait for standbys as it should: synchronous_standby_names is ` +
            `"${session?.settings.synchronousStandbyNames ?? '?'}", not "${synchronousNames}"`,
        ]),
    ...(session?.timeline === timeline ? [] : [`timeline is ${session?.timeline ?? '?'}, not ${timeline}`]),
  ]
  return {outcome: findings.length > 0 ? 'degraded' : 'done', findings}
}

const stopProof = z.object({checkpointLsn: z.string(), timeline: z.int(), systemIdentifier: z.string()})

/** What the journal adds to what can be observed. */
export function rememberFrom(records: readonly JournalRecord[], stop: StopProof | undefined): Memory {
  const before = records.find((record) => record.type === 'before')?.data as BeforeImages | undefined
  const stopped = records.findLast((record) => record.type === 'step-done' && kindOf(record) === 'stop')
  const putBack = records.findLast((record) => record.type === 'step-intent' && kindOf(record) === 'put-back')
  const proof = stopProof.safeParse((stopped?.data as {proof?: unknown} | undefined)?.proof)
  const isStopped = stopped !== undefined && (putBack?.n ?? -1) < stopped.n && proof.success
  return {
    before,
    stop: stop ?? (isStopped ? proof.data : undefined),
    isPromoteIntended: records.some(
      (record) => record.type === 'step-intent' && kindOf(record) === 'promote',
    ),
  }
}

function kindOf(record: JournalRecord): unknown {
  return (record.data as {kind?: unknown} | null)?.kind
}
