import {PpError} from '../../errors.ts'
import type {JournalRecord} from '../../operation/journal.ts'
import type {Direction, StepContext, Verdict} from '../../operation/types.ts'
import {backVerdict} from '../failover/back-verdict.ts'
import type {FailoverStep} from '../failover/types.ts'
import {UnplannedChange} from '../failover/unplanned-change.ts'
import {rememberFrom} from '../memory.ts'
import {verdict} from '../verdict.ts'
import {openKind} from './kind.ts'
import {planOpen, planOpenBack, type OpenIntent} from './plan.ts'

/** The opening of a cluster that has no primary, as the engine of operations drives it. */
export class Opening extends UnplannedChange<OpenIntent> {
  readonly kind = openKind

  plan(direction: Direction, records: readonly JournalRecord[]) {
    return direction === 'forward'
      ? planOpen(this.state, this.intent)
      : planOpenBack(this.state, this.intent, rememberFrom(records))
  }

  override async perform(step: FailoverStep, context: StepContext): Promise<unknown> {
    const proof = await super.perform(step, context)
    if (step.kind === 'salvage' && !this.intent.without.includes(step.from))
      assertRead(step.from, proof as {readonly problem?: string}, this.target)
    return proof
  }

  protected override isFenceForced(host: string): boolean {
    return this.intent.without.includes(host)
  }

  async verify(direction: Direction, records: readonly JournalRecord[]): Promise<Verdict> {
    await this.observe()
    const {to, timeline, synchronousNames} = this.intent
    if (direction === 'back')
      return backVerdict(this.state, this.intent, rememberFrom(records), 'nobody is primary, as before')
    return verdict(this.state, to, timeline + 1, {synchronousNames})
  }
}

/** A disk that cannot be read may hold more than the member that would be opened. */
function assertRead(host: string, {problem}: {readonly problem?: string}, database: string): void {
  if (problem === undefined) return
  throw new PpError('undone', 'MEMBERS_MISSING', {
    message: `What ${host} may have more could not be read: ${problem}.`,
    hint: `Start PostgreSQL there, or give up what only it may have: pp db open ${database} --without ${host}`,
  })
}
