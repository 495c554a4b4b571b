import {setTimeout as sleep} from 'node:timers/promises'

import {HelperRefusal} from '../../drivers/helper/errors.ts'
import type {JournalRecord} from '../../operation/journal.ts'
import type {Direction, Plan, StepContext, Verdict} from '../../operation/types.ts'
import {performStep, type SwitchoverRun} from '../execute.ts'
import {memberOf} from '../facts.ts'
import {mandate} from '../mandate.ts'
import {PrimaryChange} from '../primary-change.ts'
import {stepTitle} from '../step-title.ts'
import {verdict} from '../verdict.ts'
import {copyAnew} from './copy.ts'
import {rejoinKind} from './kind.ts'
import {nameTables} from './name-tables.ts'
import {planRejoin, triedBefore} from './plan.ts'
import {startFollowing} from './return.ts'
import {keptInWords} from './kept.ts'
import type {CloneProof, Kept, RejoinIntent, RejoinStep, RewindProof} from './types.ts'

const rewindTries = 3

/** A member's return, as the engine of operations drives it. There is no way back: its data is what it was or the new primary's. */
export class Rejoin extends PrimaryChange<RejoinIntent, RejoinStep> {
  readonly kind = rejoinKind

  override isPastPointOfNoReturn(): boolean {
    return true
  }

  /** Without the member itself: it may have been switched on a moment ago, and is stopped in any case. */
  override fingerprint(): string {
    return this.fingerprintOf(this.state.members.filter(({host}) => host !== this.intent.from))
  }

  plan(direction: Direction, records: readonly JournalRecord[]): Plan<RejoinStep> {
    return direction === 'forward'
      ? planRejoin(this.state, this.intent, triedBefore(records))
      : {kind: 'steps', steps: []}
  }

  title(step: RejoinStep): string {
    if (step.kind === 'rewind') return `take back what only ${step.host} has written`
    if (step.kind === 'clone') return `copy ${step.from} to ${step.host} anew: ${step.because}`
    if (step.kind === 'untag') return `guards may lead to ${step.member} again`
    return stepTitle(step)
  }

  summary(step: RejoinStep, proof: unknown): string | undefined {
    if (step.kind === 'rewind') return rewound(step.host, proof as RewindProof)
    if (step.kind === 'clone') return copied(step, proof as CloneProof)
    return undefined
  }

  async perform(step: RejoinStep, context: StepContext): Promise<unknown> {
    const run = this.runFor(context)
    if (step.kind === 'rewind') return this.#naming(run, await this.#rewind(run, step))
    if (step.kind === 'clone') {
      const timeline = memberOf(this.state, step.from).session?.timeline ?? this.intent.timeline
      return this.#naming(run, await copyAnew(run, step, timeline))
    }
    if (step.kind === 'return')
      return startFollowing(run, {host: step.host, upstream: step.upstream ?? this.intent.to})
    if (step.kind === 'untag') return this.#untag(run, step.poolers, step.member)
    if (step.kind === 'unfence') return this.#untag(run, [step.host], step.host)
    return performStep(step, run)
  }

  async #rewind(run: SwitchoverRun, step: Extract<RejoinStep, {kind: 'rewind'}>) {
    const helper = this.cluster.acts(step.host)
    const {systemIdentifier} = this.intent
    const {conninfo, slot} = step
    const order = {systemIdentifier, sourceConninfo: step.source, conninfo, slot, timeoutSeconds: 3600}
    let first: unknown
    for (let attempt = 1; ; attempt++) {
      try {
        return await helper.call('rewind', {...mandate(run, helper, 30), ...order}, {timeoutSeconds: 3700})
      } catch (error) {
        first ??= error
        const code = error instanceof HelperRefusal ? error.code : ''
        if (code !== 'REWIND_FAILED' || attempt === rewindTries)
          // Interrupted by its own failure: what failed is worth telling, not that it cannot be done twice.
          throw code === 'REWIND_UNFINISHED' ? first : error
        run.detail(`try ${attempt} of ${rewindTries} failed: ${(error as Error).message}`)
        await sleep(1000)
      }
    }
  }

  /** Names help whoever reads the summary; that they could not be found stops nothing. */
  async #naming<Proof extends {readonly kept: Kept | null}>(
    run: SwitchoverRun,
    proof: Proof,
  ): Promise<Proof> {
    const {kept} = proof
    if (!kept || kept.relations.length === 0) return proof
    const {from, to} = this.intent
    try {
      const names = await nameTables(this.cluster, to, kept.relations)
      const helper = this.cluster.acts(from)
      await helper.call('name-kept', {...mandate(run, helper, 10), stamp: kept.stamp, names})
    } catch (error) {
      run.detail(`${kept.folder}/summary.json has numbers instead of names: ${String(error)}`)
    }
    return proof
  }

  /** Whoever fenced it: it streams from the new primary now, or is that primary. */
  async #untag(run: SwitchoverRun, hosts: readonly string[], member: string): Promise<unknown> {
    const removed = await Promise.all(
      hosts.map(async (host) => {
        const helper = this.cluster.acts(host)
        const {fenceTags = []} = await helper.call('status', {target: this.target})
        const operations = new Set(
          fenceTags.filter((tag) => tag.member === member).map(({operation}) => operation),
        )
        for (const fencedBy of operations)
          await helper.call('unfence', {...mandate(run, helper, 10), fencedBy, member})
        return operations.size
      }),
    )
    return {removed: removed.reduce((sum, count) => sum + count, 0)}
  }

  async verify(): Promise<Verdict> {
    await this.observe()
    const {to, timeline, synchronousNames} = this.intent
    return verdict(this.state, to, timeline, {synchronousNames})
  }
}

function rewound(host: string, {isDiverged, forkLsn, kept}: RewindProof): string {
  if (!isDiverged || !kept) return `no transaction was only on ${host}`
  return `${host} is back at ${forkLsn ?? '?'}; ${keptInWords(kept)}`
}

function copied(
  {host, from}: {readonly host: string; readonly from: string},
  {kept, old}: CloneProof,
): string {
  const aside = old === null ? 'its old data is gone' : `its old data is in ${old}`
  return `${host} is a copy of ${from}; ${aside}${kept ? `; ${keptInWords(kept)}` : ''}`
}
