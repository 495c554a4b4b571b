import type {JournalRecord} from '../../operation/journal.ts'
import type {Direction, Plan, StepContext, Verdict} from '../../operation/types.ts'
import {PrimaryChange} from '../primary-change.ts'
import {formatSize} from '../../size.ts'
import type {Lsn} from '../lsn.ts'
import {performFailoverStep, type FailoverRun} from './execute.ts'
import type {FenceMethod} from './fence.ts'
import {showBound} from './loss.ts'
import {failoverTitle} from './title.ts'
import type {FailoverIntent, FailoverStep, LossBound, Position} from './types.ts'

/** What the ways of promoting a member without a healthy primary have in common for the engine of operations. */
export abstract class UnplannedChange<Intent extends FailoverIntent> extends PrimaryChange<
  Intent,
  FailoverStep
> {
  #positions: readonly Position[] = []
  #unread: FailoverRun['unread'] = []
  #endOnDisk: Lsn | undefined
  #unsalvaged: readonly string[] = []

  /** Standbys give up a lost primary by themselves, after wal_receiver_timeout; that is nothing new. */
  override fingerprint(): string {
    const {from} = this.intent
    return this.fingerprintOf(
      this.state.members.map((member) =>
        member.session?.upstream === from
          ? {...member, session: {...member.session, upstream: undefined}}
          : member,
      ),
    )
  }

  abstract override plan(direction: Direction, records: readonly JournalRecord[]): Plan<FailoverStep>
  abstract override verify(direction: Direction, records: readonly JournalRecord[]): Promise<Verdict>

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
    const run: FailoverRun = {
      ...this.runFor(context),
      positions: this.#positions,
      unread: this.#unread,
      endOnDisk: this.#endOnDisk,
      unsalvaged: this.#unsalvaged,
      isFenceForced: (host) => this.isFenceForced(host),
    }
    const proof = await performFailoverStep(step, run)
    this.#positions = run.positions
    this.#unread = run.unread
    this.#endOnDisk = run.endOnDisk
    this.#unsalvaged = run.unsalvaged
    return proof
  }

  /** Whether to go on also when nothing proves that this member cannot write. */
  protected isFenceForced(_host: string): boolean {
    return this.intent.isFenceForced
  }
}

function fenceSummary(host: string, by: FenceMethod | 'nobody'): string {
  return {
    ssh: `${host} is fenced: no process of it is left`,
    power: `${host} is off, and silent`,
    quorum: `no pooler leads to ${host}, and no standby acknowledges what it writes`,
    network: `${host} is isolated from every pooler`,
    nobody: `nothing proves that ${host} cannot write; going on as you said`,
  }[by]
}
