import * as z from 'zod/mini'

import type {JournalRecord} from '../operation/journal.ts'
import type {Direction, LockHosts, StepContext, Verdict, Work} from '../operation/types.ts'
import type {Cluster} from './cluster.ts'
import {performStep, type SwitchoverRun} from './execute.ts'
import {
  isPaused,
  isWritable,
  memberOf,
  primaryMissing,
  routesTo,
  streamsFrom,
  writableMembers,
} from './facts.ts'
import {observeCluster} from './observe.ts'
import {planBack, planForward} from './plan.ts'
import type {
  BeforeImages,
  ClusterState,
  Memory,
  StopProof,
  SwitchoverIntent,
  SwitchoverStep,
} from './types.ts'

export const switchoverKind = 'database-switchover'

/** A planned change of primary as the engine of operations drives it. */
export class Switchover implements Work<SwitchoverStep> {
  readonly kind = switchoverKind
  readonly target: string
  readonly intent: SwitchoverIntent
  state: ClusterState
  readonly #cluster: Cluster
  readonly #moved = new Set<string>()
  #guardsArmedAt: number | undefined
  #stop: StopProof | undefined

  constructor(cluster: Cluster, intent: SwitchoverIntent, state: ClusterState) {
    this.target = intent.database
    this.intent = intent
    this.state = state
    this.#cluster = cluster
  }

  lockHosts(): LockHosts {
    const {voters, members, poolers} = this.#cluster.database
    const lease = (hosts: readonly string[]) =>
      hosts.flatMap((host) => {
        const helper = this.#cluster.links(host).lease
        return helper && !helper.gone.aborted ? [helper] : []
      })
    const others = [...members, ...poolers].filter((host) => !voters.includes(host))
    return {voters: lease(voters), votersInAll: voters.length, touched: lease(others)}
  }

  async observe(): Promise<void> {
    this.state = await observeCluster(this.#cluster)
  }

  /** Who is writable on which timeline, who streams from whom, where the poolers point. */
  fingerprint(): string {
    const members = this.state.members.map(({host, session}) => [
      host,
      session?.isInRecovery,
      session?.timeline,
      session?.upstream,
      session?.startedAt,
    ])
    const poolers = this.state.poolers.map((pooler) => [
      pooler.host,
      pooler.fileTarget,
      isPaused(pooler),
      pooler.processes.length,
    ])
    return JSON.stringify([members, poolers])
  }

  plan(direction: Direction, records: readonly JournalRecord[]) {
    const memory = rememberFrom(records, this.#stop)
    return direction === 'forward'
      ? planForward(this.state, this.intent, memory)
      : planBack(this.state, this.intent, memory)
  }

  before(): BeforeImages {
    return {
      members: this.state.members.flatMap(({host, session, machine}) =>
        session
          ? [
              {
                host,
                settings: session.settings,
                slots: session.slots.map((slot) => slot.name),
                isMasked: machine?.isMasked ?? false,
              },
            ]
          : [],
      ),
      poolers: this.state.poolers.map((pooler) => ({
        host: pooler.host,
        target: pooler.fileTarget ?? this.intent.from,
        loginRetrySeconds: Object.fromEntries(
          pooler.processes.map((process) => [process.name, process.serverLoginRetrySeconds]),
        ),
      })),
    }
  }

  isPastPointOfNoReturn(): boolean {
    return isWritable(memberOf(this.state, this.intent.to))
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
      cluster: this.#cluster,
      intent: this.intent,
      operation: context.operation,
      token: context.token,
      detail: context.detail,
      before: rememberFrom(context.records, this.#stop).before,
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
    return direction === 'forward'
      ? verdict(this.state, to, timeline + 1, this.intent.synchronousNames)
      : verdict(this.state, from, timeline)
  }
}

/** The verdict from facts alone: one writable member, the right one, everybody follows it, nobody is held. */
export function verdict(
  state: ClusterState,
  primary: string,
  timeline: number,
  synchronousNames?: string,
): Verdict {
  const writable = writableMembers(state)
  if (writable.length > 1)
    return {outcome: 'human', findings: [`${writable.join(' and ')} both accept writes`]}
  if (writable.length === 0) return {outcome: 'human', findings: [primaryMissing(state)]}
  if (writable[0] !== primary)
    return {outcome: 'different', findings: [`${writable[0] ?? ''} is primary, not ${primary}`]}
  const held = state.poolers.filter((pooler) => !routesTo(pooler, primary))
  const astray = state.members.filter((member) => member.host !== primary && !streamsFrom(member, primary))
  const session = memberOf(state, primary).session
  const findings = [
    ...held.map(
      (pooler) =>
        `${pooler.host} does not lead to ${primary}${isPaused(pooler) ? ' and is paused' : ''}${pooler.problems[0] ? `: ${pooler.problems[0]}` : ''}`,
    ),
    ...state.poolers
      .filter((pooler) => pooler.isGuardArmed)
      .map((pooler) => `the guard on ${pooler.host} is still armed`),
    ...astray.map(
      (member) =>
        `${member.host} does not stream from ${primary}${member.problems[0] ? `: ${member.problems[0]}` : ''}`,
    ),
    ...(synchronousNames === undefined || session?.settings.synchronousStandbyNames === synchronousNames
      ? []
      : [
          `${primary} does not wait for standbys as it should: synchronous_standby_names is ` +
            `"${session?.settings.synchronousStandbyNames ?? '?'}", not "${synchronousNames}"`,
        ]),
    ...(session?.timeline === timeline ? [] : [`timeline is ${session?.timeline ?? '?'}, not ${timeline}`]),
  ]
  return {outcome: findings.length > 0 ? 'degraded' : 'done', findings}
}

const stopProof = z.object({checkpointLsn: z.string(), timeline: z.int(), systemIdentifier: z.string()})

/** What the journal adds to what can be observed. */
function rememberFrom(records: readonly JournalRecord[], stop: StopProof | undefined): Memory {
  const before = records.find((record) => record.type === 'before')?.data as BeforeImages | undefined
  const stopped = records.findLast((record) => record.type === 'step-done' && kindOf(record) === 'stop')
  const putBack = records.findLast((record) => record.type === 'step-intent' && kindOf(record) === 'put-back')
  const proof = stopProof.safeParse((stopped?.data as {proof?: unknown} | undefined)?.proof)
  const isStopped = stopped !== undefined && (putBack?.n ?? -1) < stopped.n && proof.success
  return {
    before,
    stop: stop ?? (isStopped ? proof.data : undefined),
    isPromoteIntended: records.some(
      (record) => record.type === 'step-intent' && kindOf(record) === 'promote',
    ),
  }
}

function kindOf(record: JournalRecord): unknown {
  return (record.data as {kind?: unknown} | null)?.kind
}

export function stepTitle(step: SwitchoverStep): string {
  switch (step.kind) {
    case 'prepare-slots':
      return `slots on ${step.host} for ${step.slots.join(', ')}`
    case 'follow':
      return `${step.host} follows ${step.upstream}`
    case 'checkpoint':
      return `checkpoint ${step.host}, ${step.standby}`
    case 'archive':
      return `archive what ${step.host} has written`
    case 'prepare-return':
      return `${step.host} learns whom to follow afterwards`
    case 'synchronous':
      return step.names === ''
        ? `${step.host} replicates asynchronously`
        : `${step.host} waits for standbys: ${step.names}`
    case 'mask':
      return `mask PostgreSQL on ${step.host}, so that nothing restarts it`
    case 'arm':
      return `arm guards on ${step.poolers.join(', ')}`
    case 'pause':
      return `pause poolers on ${step.poolers.join(', ')}`
    case 'clear-writers':
      return `end sessions on ${step.host} that bypass the poolers`
    case 'stop':
      return `stop ${step.host}`
    case 'prove':
      return `prove that ${step.host} has all of it`
    case 'promote':
      return `promote ${step.host}`
    case 'probe':
      return `write to ${step.host}`
    case 'route':
      return `point poolers at ${step.host}, resume`
    case 'checkpoint-new':
      return `checkpoint ${step.host}`
    case 'return':
      return `${step.host} streams from ${step.upstream}`
    case 'drop-slots':
      return `drop slots ${step.slots.join(', ')} on ${step.host}`
    case 'fence':
      return `fence ${step.host}`
    case 'unfence':
      return `lift the fence of ${step.host}`
    case 'put-back':
      return `put ${step.host} back in service`
    case 'disarm':
      return `disarm guards on ${step.poolers.join(', ')}`
    case 'restore-settings':
      return `restore settings of ${step.host}`
    case 'unmask':
      return `unmask PostgreSQL on ${step.host}`
  }
}
