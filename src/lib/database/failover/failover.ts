import type {JournalRecord} from '../../operation/journal.ts'
import type {Direction, StepContext, Verdict} from '../../operation/types.ts'
import {PrimaryChange} from '../primary-change.ts'
import {rememberFrom} from '../memory.ts'
import {verdict} from '../verdict.ts'
import {formatSize} from '../../size.ts'
import type {Lsn} from '../lsn.ts'
import {performFailoverStep, type FailoverRun} from './execute.ts'
import type {FenceMethod} from './fence.ts'
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
  #endOnDisk: Lsn | undefined

  plan(direction: Direction, records: readonly JournalRecord[]) {
    return direction === 'forward'
      ? planFailover(this.state, this.intent)
      : planFailoverBack(this.state, this.intent, rememberFrom(records))
  }

  title(step: FailoverStep): string {
    return failoverTitle(step)
  }

  summary(step: FailoverStep, proof: unknown): string | undefined {
    if (step.kind === 'fence-lost') return fenceSummary(step.host, (proof as {by: FenceMethod | 'nobody'}).by)
    if (step.kind === 'salvage') {
      const {bytes, problem} = proof as {bytes: number; problem?: string}
      if (problem !== undefined) return `the disk of ${step.from} could not be read: ${problem}`
      return `${formatSize(bytes)} fetched from the disk of ${step.from}`
    }
    if (step.kind === 'measure') {
      const {bound} = proof as {bound: LossBound}
      return `${step.host} may lack ${showBound(bound)}: ${bound.because}`
    }
    if (step.kind === 'follow') return (proof as {problem?: string}).problem
    return undefined
  }

  async perform(step: FailoverStep, context: StepContext): Promise<unknown> {
    const run: FailoverRun = {...this.runFor(context), positions: this.#positions, endOnDisk: this.#endOnDisk}
    const proof = await performFailoverStep(step, run)
    this.#positions = run.positions
    this.#endOnDisk = run.endOnDisk
    return proof
  }

  async verify(direction: Direction): Promise<Verdict> {
    await this.observe()
    const {from, to, timeline, synchronousNames} = this.intent
    if (direction === 'back') return backVerdict(verdict(this.state, from, timeline), from)
    return verdict(this.state, to, timeline + 1, {synchronousNames, absent: from})
  }
}

function fenceSummary(host: string, by: FenceMethod | 'nobody'): string {
  return {
    ssh: `${host} is fenced: no process of it is left`,
    power: `${host} is off, and silent`,
    network: `${host} is isolated from every pooler`,
    quorum: `no pooler leads to ${host}, and no standby acknowledges what it writes`,
    nobody: `nothing proves that ${host} cannot write; going on as you said`,
  }[by]
}

/** Taken back is as before, and before there was no primary either. */
function backVerdict(found: Verdict, from: string): Verdict {
  if (found.outcome !== 'human' || found.findings.some((finding) => finding.includes('both accept writes')))
    return found
  return {outcome: 'done', findings: [`${from} is still lost: ${found.findings.join('; ')}`]}
}
