import type {JournalRecord} from '../operation/journal.ts'
import type {Direction, Keeper, LockHosts, Plan, StepContext, Verdict, Work} from '../operation/types.ts'
import {keptByVoters} from '../operation/voters.ts'
import type {Cluster} from './cluster.ts'
import {reloadSettings, type SwitchoverRun} from './execute.ts'
import {hasBeenPromoted, isPaused, memberOf} from './facts.ts'
import {rememberFrom} from './memory.ts'
import {observeCluster} from './observe.ts'
import type {BeforeImages, ClusterState, MemberState, SwitchoverIntent} from './types.ts'

/** What planned and unplanned changes of primary have in common for the engine of operations. */
export abstract class PrimaryChange<
  Intent extends SwitchoverIntent,
  Step extends {readonly kind: string},
> implements Work<Step> {
  abstract readonly kind: string
  readonly target: string
  readonly keeper: Keeper
  /** At once: whoever finishes it from another machine shall see every act that was begun. */
  readonly gatherMs: number = 0
  readonly intent: Intent
  state: ClusterState
  protected readonly cluster: Cluster

  constructor(cluster: Cluster, intent: Intent, state: ClusterState) {
    this.target = intent.database
    this.keeper = keptByVoters(this.target, () => this.lockHosts())
    this.intent = intent
    this.state = state
    this.cluster = cluster
  }

  protected lockHosts(): LockHosts {
    const {voters, members, poolers} = this.cluster.database
    const lease = (hosts: readonly string[]) =>
      hosts.flatMap((host) => {
        const helper = this.cluster.links(host).lease
        return helper && !helper.gone.aborted ? [helper] : []
      })
    const others = [...members, ...poolers].filter((host) => !voters.includes(host))
    return {voters: lease(voters), votersInAll: voters.length, touched: lease(others)}
  }

  async observe(): Promise<void> {
    this.state = await observeCluster(this.cluster)
  }

  /** What ALTER SYSTEM has written and no reload followed is in force after the next start only, and shows nowhere before. */
  async settle(): Promise<void> {
    const {members} = this.cluster.database
    await Promise.allSettled(members.map((host) => reloadSettings(this.cluster, host)))
  }

  /**
   * Who is writable on which timeline, who streams from whom, where the poolers point; and what the checks have looked at that
   * may change while somebody reads the plan.
   */
  fingerprint(): string {
    return this.fingerprintOf(this.state.members)
  }

  protected fingerprintOf(shown: readonly MemberState[]): string {
    const members = shown.map(({host, session, tags}) => [
      host,
      tags,
      session?.isInRecovery,
      session?.timeline,
      session?.upstream,
      session?.startedAt,
      session?.settings.synchronousStandbyNames,
      session?.unloggedTables,
      session?.slots.filter(({kind}) => kind === 'logical').map(({name}) => name),
      session && session.preparedTransactions > 0,
    ])
    const poolers = this.state.poolers.map((pooler) => [
      pooler.host,
      pooler.fileTarget,
      isPaused(pooler),
      pooler.processes.map(({name, entries, undeclared}) => [
        name,
        entries.map(({poolMode}) => poolMode),
        undeclared,
      ]),
    ])
    return JSON.stringify([members, poolers])
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

  /** What every step gets; a change that keeps something between its steps adds it. */
  protected runFor({
    operation,
    token,
    leaseLeftSeconds,
    isInterrupted,
    detail,
    records,
  }: StepContext): SwitchoverRun & {readonly intent: Intent} {
    const {cluster, intent} = this
    const {before, stop} = rememberFrom(records)
    return {
      cluster,
      intent,
      operation,
      token,
      leaseLeftSeconds,
      isInterrupted,
      detail,
      before,
      stop: undefined,
      recordedStop: stop,
      moved: new Set(),
      guardsArmedAt: undefined,
    }
  }

  isPastPointOfNoReturn(): boolean {
    return hasBeenPromoted(memberOf(this.state, this.intent.to), this.intent.timeline)
  }

  abstract plan(direction: Direction, records: readonly JournalRecord[]): Plan<Step>
  abstract title(step: Step): string
  abstract summary(step: Step, proof: unknown): string | undefined
  abstract perform(step: Step, context: StepContext): Promise<unknown>
  abstract verify(direction: Direction, records: readonly JournalRecord[]): Promise<Verdict>
}
