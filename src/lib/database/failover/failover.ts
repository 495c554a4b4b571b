import type {JournalRecord} from '../../operation/journal.ts'
import type {Direction, StepContext, Verdict} from '../../operation/types.ts'
import {PrimaryChange} from '../primary-change.ts'
import {rememberFrom} from '../memory.ts'
import {verdict} from '../verdict.ts'
import {performFailoverStep, type FailoverRun} from './execute.ts'
import {failoverKind} from './kind.ts'
import {showBound} from './loss.ts'
import {failoverTitle} from './title.ts'
import {planFailover, planFailoverBack} from './plan.ts'
import type {FailoverIntent, FailoverStep, LossBound, Position} from './types.ts'

export {failoverKind}

/** A change of primary after a loss, as the engine of operations drives it. */
export class Failover extends PrimaryChange<FailoverIntent, FailoverStep> {
  readonly kind = failoverKind
  #positions: readonly Position[] = []

  plan(direction: Direction, records: readonly JournalRecord[]) {
    return direction === 'forward'
      ? planFailover(this.state, this.intent, this.cluster.fleet.power !== undefined)
      : planFailoverBack(this.state, this.intent, rememberFrom(records, undefined))
  }

  title(step: FailoverStep): string {
    return failoverTitle(step)
  }

  summary(step: FailoverStep, proof: unknown): string | undefined {
    if (step.kind === 'power-off') return `${step.host} is off: ${(proof as {said: string}).said}`
    if (step.kind === 'measure') {
      const {bound} = proof as {bound: LossBound}
      return `${step.host} may lack ${showBound(bound)}: ${bound.because}`
    }
    return undefined
  }

  async perform(step: FailoverStep, context: StepContext): Promise<unknown> {
    const run: FailoverRun = {...this.runFor(context), positions: this.#positions}
    const proof = await performFailoverStep(step, run)
    this.#positions = run.positions
    return proof
  }

  async verify(direction: Direction): Promise<Verdict> {
    await this.observe()
    const {from, to, timeline, synchronousNames} = this.intent
    if (direction === 'back') return backVerdict(verdict(this.state, from, timeline), from)
    return verdict(this.state, to, timeline + 1, {synchronousNames, absent: from})
  }
}

/** Taken back is as before, and before there was no primary either. */
function backVerdict(found: Verdict, from: string): Verdict {
  if (found.outcome !== 'human' || found.findings.some((finding) => finding.includes('both accept writes')))
    return found
  return {outcome: 'done', findings: [`${from} is still lost: ${found.findings.join('; ')}`]}
}
