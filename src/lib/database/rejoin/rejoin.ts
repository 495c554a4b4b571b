import type {Direction, Plan, StepContext, Verdict} from '../../operation/types.ts'
import {formatConninfo, parseConninfo, redirectConninfo} from '../conninfo.ts'
import {performStep, type SwitchoverRun} from '../execute.ts'
import {
  isPaused,
  isTagged,
  isWritable,
  memberOf,
  routesTo,
  slotName,
  streamsFrom,
  writableMembers,
} from '../facts.ts'
import {mandate} from '../mandate.ts'
import {PrimaryChange} from '../primary-change.ts'
import {stepTitle} from '../step-title.ts'
import {verdict} from '../verdict.ts'
import type {ClusterState, SwitchoverIntent, SwitchoverStep} from '../types.ts'
import {rejoinKind} from './kind.ts'

/** `from` is the member that comes back, `to` the primary that it shall follow, on the primary's `timeline`. */
export interface RejoinIntent extends SwitchoverIntent {
  /** A `primary_conninfo` to the primary, without a password. */
  readonly conninfo: string
}

export type RejoinStep =
  | SwitchoverStep
  | {
      readonly kind: 'rewind'
      readonly host: string
      readonly source: string
      readonly conninfo: string
      readonly slot: string
    }
  | {readonly kind: 'untag'; readonly poolers: readonly string[]; readonly member: string}

/** What is left to do until a member that was primary streams from the present one. */
export function planRejoin(state: ClusterState, intent: RejoinIntent): Plan<RejoinStep> {
  const {from, to, conninfo} = intent
  const member = memberOf(state, from)
  const primary = memberOf(state, to)
  if (isWritable(member)) {
    return refused(
      'TWO_WRITABLE',
      `${writableMembers(state).join(' and ')} accept writes.`,
      `Fence the one that clients do not use: pp failover db ${intent.database} --from ${from}`,
    )
  }
  if (!isWritable(primary)) return refused('OTHER_PRIMARY', `${to} is not primary any more.`, 'pp db status')
  if (!member.machine) {
    return refused(
      'MEMBER_UNREACHABLE',
      `${from} does not answer: ${member.problems[0] ?? 'no reason given'}.`,
      'pp status',
    )
  }
  const slots = primary.session?.slots.map((slot) => slot.name) ?? []
  const slot = slotName(from)
  const isBack = streamsFrom(member, to)
  const isFree = isBack && !isTagged(state, from)
  // A pooler that was away while the primary changed still leads to the old one. One that somebody paused is left alone.
  const astray = state.poolers.filter(
    (pooler) =>
      pooler.isHelperCurrent && pooler.processes.length > 0 && !routesTo(pooler, to) && !isPaused(pooler),
  )
  return {
    kind: 'steps',
    steps: [
      ...(slots.includes(slot) ? [] : [{kind: 'prepare-slots', host: to, slots: [slot]} as const]),
      ...(isBack
        ? []
        : ([
            {kind: 'checkpoint-new', host: to},
            // A standby is stopped in order; what is left of an old primary is killed.
            ...(member.machine.isRunning && !member.machine.hasStandbySignal
              ? [{kind: 'fence', host: from} as const]
              : []),
            {
              kind: 'rewind',
              host: from,
              source: sourceConninfo(conninfo),
              conninfo: redirectConninfo(conninfo, to, from),
              slot,
            },
            {kind: 'return', host: from, upstream: to},
          ] as const)),
      ...(isFree ? [] : [{kind: 'unfence', host: from} as const]),
      ...(isFree
        ? []
        : [{kind: 'untag', poolers: state.poolers.map(({host}) => host), member: from} as const]),
      ...(astray.length === 0
        ? []
        : [{kind: 'route', poolers: astray.map(({host}) => host), host: to} as const]),
      ...(primary.session?.settings.synchronousStandbyNames === intent.synchronousNames
        ? []
        : [{kind: 'synchronous', host: to, names: intent.synchronousNames} as const]),
    ],
  }
}

/** The same login, to a database instead of the replication protocol. */
function sourceConninfo(conninfo: string): string {
  const settings = new Map(parseConninfo(conninfo))
  settings.set('dbname', 'postgres')
  settings.set('application_name', 'pp_rewind')
  return formatConninfo(settings)
}

const refused = (code: string, reason: string, hint: string) =>
  ({kind: 'refused', code, reason, hint}) as const

/** A member's return, as the engine of operations drives it. There is no way back: its data is what it was or the new primary's. */
export class Rejoin extends PrimaryChange<RejoinIntent, RejoinStep> {
  readonly kind = rejoinKind

  override isPastPointOfNoReturn(): boolean {
    return true
  }

  plan(direction: Direction): Plan<RejoinStep> {
    return direction === 'forward' ? planRejoin(this.state, this.intent) : {kind: 'steps', steps: []}
  }

  title(step: RejoinStep): string {
    if (step.kind === 'rewind') return `take back what only ${step.host} has written`
    if (step.kind === 'untag') return `guards may lead to ${step.member} again`
    return stepTitle(step)
  }

  summary(step: RejoinStep, proof: unknown): string | undefined {
    if (step.kind !== 'rewind') return undefined
    const {isDiverged, forkLsn, kept} = proof as RewindProof
    if (!isDiverged || !kept) return `no transaction was only on ${step.host}`
    return `${step.host} is back at ${forkLsn ?? '?'}; ${kept.commits} transactions kept in ${kept.folder}`
  }

  async perform(step: RejoinStep, context: StepContext): Promise<unknown> {
    const run = this.runFor(context)
    if (step.kind === 'rewind') return this.#rewind(run, step)
    if (step.kind === 'untag') return this.#untag(run, step.poolers)
    if (step.kind === 'unfence') return this.#untag(run, [step.host])
    return performStep(step, run)
  }

  async #rewind(run: SwitchoverRun, step: Extract<RejoinStep, {kind: 'rewind'}>): Promise<unknown> {
    const helper = this.cluster.acts(step.host)
    const {systemIdentifier} = this.intent
    const {conninfo, slot} = step
    const order = {systemIdentifier, sourceConninfo: step.source, conninfo, slot, timeoutSeconds: 3600}
    return helper.call('rewind', {...mandate(run, helper, 30), ...order}, {timeoutSeconds: 3700})
  }

  /** Whoever fenced it: it streams from the new primary now. */
  async #untag(run: SwitchoverRun, hosts: readonly string[]): Promise<unknown> {
    const removed = await Promise.all(
      hosts.map(async (host) => {
        const helper = this.cluster.acts(host)
        const {fenceTag} = await helper.call('status', {target: this.target})
        if (fenceTag?.member !== this.intent.from) return undefined
        return helper.call('unfence', {...mandate(run, helper, 10), fencedBy: fenceTag.operation})
      }),
    )
    return {removed: removed.filter(Boolean).length}
  }

  async verify(): Promise<Verdict> {
    await this.observe()
    const {to, timeline, synchronousNames} = this.intent
    return verdict(this.state, to, timeline, {synchronousNames})
  }
}

interface RewindProof {
  readonly isDiverged: boolean
  readonly forkLsn: string | null
  readonly kept: {readonly folder: string; readonly commits: number} | null
}
