import {PpError, refusal} from '../../errors.ts'
import type {Database, Fleet} from '../../fleet/types.ts'
import {refuseWhileLocked} from '../../operation/lock.ts'
import {unfinishedOn} from '../../operation/store.ts'
import {Cluster} from '../cluster.ts'
import {memberOf, streamsFrom, writableMembers} from '../facts.ts'
import {redirectConninfo} from '../conninfo.ts'
import {observeCluster} from '../observe.ts'
import {requireMember} from '../require-member.ts'
import type {ClusterState} from '../types.ts'
import {Rejoin, type RejoinIntent, type RejoinStep} from './rejoin.ts'

export interface PreparedRejoin {
  readonly cluster: Cluster
  readonly work: Rejoin
  readonly steps: readonly RejoinStep[]
  readonly fingerprint: string
}

/**
 * Looks and plans; the cluster stays connected when there is something to do.
 *
 * @returns undefined when the member follows the primary already.
 * @throws PpError with exit 3 when it cannot be done, 6 when an operation is unfinished.
 */
export async function prepareRejoin(
  fleet: Fleet,
  database: Database,
  host: string,
): Promise<PreparedRejoin | undefined> {
  requireMember(database, host)
  const cluster = await Cluster.open(fleet, database)
  try {
    const state = await observeCluster(cluster)
    await refuseWhileLocked(
      database.name,
      database.voters.flatMap((voter) => cluster.links(voter).lease ?? []),
    )
    unfinishedOn(fleet, database.name)
    const work = new Rejoin(cluster, intentFor(state, host), state)
    const plan = work.plan('forward')
    if (plan.kind === 'refused') throw refusal(plan.code, {message: plan.reason, hint: plan.hint})
    if (plan.steps.length > 0) return {cluster, work, steps: plan.steps, fingerprint: work.fingerprint()}
    await cluster.close()
    return undefined
  } catch (error) {
    await cluster.close()
    throw error
  }
}

function intentFor(state: ClusterState, host: string): RejoinIntent {
  const [primary, second] = writableMembers(state)
  if (primary === undefined)
    throw refusal('NO_PRIMARY', {
      message: `No member of ${state.database} accepts writes, so there is nobody to follow.`,
      hint: 'pp db status',
    })
  if (primary === host || second !== undefined)
    throw new PpError('refused', second === undefined ? 'ALREADY_PRIMARY' : 'TWO_WRITABLE', {
      message:
        second === undefined ? `${host} is the primary.` : `${primary} and ${second} both accept writes.`,
      hint:
        second === undefined
          ? 'pp db status'
          : `pp failover db ${state.database} --from ${host} fences the one that was replaced`,
    })
  const {session} = memberOf(state, primary)
  // Any follower's login serves; without one it is made from what replication needs.
  const follower = state.members.find((member) => streamsFrom(member, primary))
  const template = follower?.session?.settings.primaryConninfo ?? 'user=pp_replication'
  return {
    database: state.database,
    from: host,
    to: primary,
    timeline: session?.timeline ?? 0,
    systemIdentifier: session?.systemIdentifier ?? '',
    maxLagBytes: 0,
    pauseSeconds: 0,
    windowSeconds: 0,
    patienceSeconds: 0,
    synchronousNames: session?.settings.synchronousStandbyNames ?? '',
    acceptUnlogged: false,
    acceptSlotLoss: false,
    conninfo: redirectConninfo(template, primary, host),
  }
}
