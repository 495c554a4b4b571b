import {PpError} from '../../errors.ts'
import type {Direction, LockHosts, Plan, StepContext, Verdict} from '../../operation/types.ts'
import {memberOf} from '../facts.ts'
import {mandate} from '../mandate.ts'
import {PrimaryChange} from '../primary-change.ts'
import type {ClusterState, SwitchoverIntent} from '../types.ts'
import {tagKind} from './kind.ts'

/** `from` and `to` are the member that is tagged. */
export interface TagIntent extends SwitchoverIntent {
  readonly tag: string
  readonly isSet: boolean
}

export interface TagStep {
  readonly kind: 'tag-member'
  readonly host: string
  readonly tag: string
  readonly isSet: boolean
}

export function planTag(state: ClusterState, {to: host, tag, isSet}: TagIntent): Plan<TagStep> {
  const isSo = memberOf(state, host).tags.includes(tag) === isSet
  return {kind: 'steps', steps: isSo ? [] : [{kind: 'tag-member', host, tag, isSet}]}
}

/** A tag of a member, as the engine of operations drives it. The voters keep it, so it holds while the member is down. */
export class Tagging extends PrimaryChange<TagIntent, TagStep> {
  readonly kind = tagKind

  /** Half a tag is finished, never taken back: the newest record wins wherever it is. */
  override isPastPointOfNoReturn(): boolean {
    return true
  }

  protected override lockHosts(): LockHosts {
    return {...super.lockHosts(), touched: []}
  }

  plan(direction: Direction): Plan<TagStep> {
    return direction === 'forward' ? planTag(this.state, this.intent) : {kind: 'steps', steps: []}
  }

  title({host, tag, isSet}: TagStep): string {
    return isSet ? `tag ${host} ${tag}` : `take ${tag} from ${host}`
  }

  summary(): undefined {
    return undefined
  }

  async perform({host: member, tag, isSet}: TagStep, context: StepContext): Promise<unknown> {
    const run = this.runFor(context)
    const {voters} = this.cluster.database
    const written = await Promise.allSettled(
      voters.map((voter) => {
        const helper = this.cluster.acts(voter)
        return helper.call('tag', {...mandate(run, helper, 10), member, tag, isSet})
      }),
    )
    const keep = voters.filter((_, index) => written[index]?.status === 'fulfilled')
    if (keep.length * 2 > voters.length) return {keep}
    throw new PpError('human', 'VOTERS_MISSING', {
      message: `Only ${keep.join(', ') || 'none'} of ${voters.join(', ')} could keep the tag; a majority is needed.`,
      hint: 'pp op resume',
    })
  }

  async verify(direction: Direction): Promise<Verdict> {
    await this.observe()
    const {to, tag, isSet} = this.intent
    const isSo = memberOf(this.state, to).tags.includes(tag) === isSet
    if (isSo || direction === 'back') return {outcome: 'done', findings: []}
    return {outcome: 'human', findings: [`${to} is ${isSet ? 'not ' : 'still '}tagged ${tag}`]}
  }
}
