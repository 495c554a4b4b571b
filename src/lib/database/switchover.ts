import type {JournalRecord} from '../operation/journal.ts'
import type {Direction, StepContext, Verdict} from '../operation/types.ts'
import {performStep, type SwitchoverRun} from './execute.ts'
import {rememberFrom} from './memory.ts'
import {planBack, planForward} from './plan.ts'
import {PrimaryChange} from './primary-change.ts'
import {stepTitle} from './step-title.ts'
import type {StopProof, SwitchoverIntent, SwitchoverStep} from './types.ts'
import {verdict} from './verdict.ts'

export const switchoverKind = 'database-switchover'

/** A planned change of primary as the engine of operations drives it. */
export class Switchover extends PrimaryChange<SwitchoverIntent, SwitchoverStep> {
  readonly kind = switchoverKind
  /** Inside the write gap each copy's fsync would compete with the database's own. */
  override readonly gatherMs = 200
  readonly #moved = new Set<string>()
  #guardsArmedAt: number | undefined
  #stop: StopProof | undefined
  /** What its clients see; undefined while nobody looks. */
  clients: {findings(): readonly string[]} | undefined

  plan(direction: Direction, records: readonly JournalRecord[]) {
    const memory = rememberFrom(records)
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
      ...this.runFor(context),
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
    if (direction === 'back') return verdict(this.state, from, timeline)
    const {synchronousNames} = this.intent
    const {outcome, findings} = verdict(this.state, to, timeline + 1, {synchronousNames})
    const seen = this.clients?.findings() ?? []
    const isLess = outcome === 'done' && seen.length > 0
    return {outcome: isLess ? 'degraded' : outcome, findings: [...findings, ...seen]}
  }
}
