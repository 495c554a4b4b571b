import type {JournalRecord} from '../../operation/journal.ts'
import type {Direction, Verdict} from '../../operation/types.ts'
import {isWritable, memberOf} from '../facts.ts'
import {rememberFrom} from '../memory.ts'
import {verdict} from '../verdict.ts'
import {backVerdict} from './back-verdict.ts'
import {classify} from './classify.ts'
import {gatherEvidence} from './evidence.ts'
import {failoverKind} from './kind.ts'
import {planFailover, planFailoverBack} from './plan.ts'
import type {FailoverIntent} from './types.ts'
import {UnplannedChange} from './unplanned-change.ts'

export {failoverKind}

/** A change of primary after a loss, as the engine of operations drives it. */
export class Failover extends UnplannedChange<FailoverIntent> {
  readonly kind = failoverKind

  #isWell = false

  /** One that accepts writes is lost only as long as its clients cannot use it, however long ago that was seen. */
  override async observe(): Promise<void> {
    await super.observe()
    const {from} = this.intent
    this.#isWell =
      isWritable(memberOf(this.state, from)) &&
      classify(await gatherEvidence(this.cluster, this.state, from)).condition === 'healthy'
  }

  plan(direction: Direction, records: readonly JournalRecord[]) {
    return direction === 'forward'
      ? planFailover(this.state, this.intent, this.#isWell)
      : planFailoverBack(this.state, this.intent, rememberFrom(records))
  }

  async verify(direction: Direction, records: readonly JournalRecord[]): Promise<Verdict> {
    await super.observe()
    const {from, to, timeline, synchronousNames} = this.intent
    if (direction === 'back')
      return backVerdict(this.state, this.intent, rememberFrom(records), `${from} is still lost`)
    return verdict(this.state, to, timeline + 1, {synchronousNames, absent: from})
  }
}
