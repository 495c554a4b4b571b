import type {JournalRecord} from '../../operation/journal.ts'
import type {Direction, Verdict} from '../../operation/types.ts'
import {rememberFrom} from '../memory.ts'
import {verdict} from '../verdict.ts'
import {backVerdict} from './back-verdict.ts'
import {failoverKind} from './kind.ts'
import {planFailover, planFailoverBack} from './plan.ts'
import type {FailoverIntent} from './types.ts'
import {UnplannedChange} from './unplanned-change.ts'

export {failoverKind}

/** A change of primary after a loss, as the engine of operations drives it. */
export class Failover extends UnplannedChange<FailoverIntent> {
  readonly kind = failoverKind

  plan(direction: Direction, records: readonly JournalRecord[]) {
    return direction === 'forward'
      ? planFailover(this.state, this.intent)
      : planFailoverBack(this.state, this.intent, rememberFrom(records))
  }

  async verify(direction: Direction, records: readonly JournalRecord[]): Promise<Verdict> {
    await this.observe()
    const {from, to, timeline, synchronousNames} = this.intent
    if (direction === 'back')
      return backVerdict(this.state, this.intent, rememberFrom(records), `${from} is still lost`)
    return verdict(this.state, to, timeline + 1, {synchronousNames, absent: from})
  }
}
