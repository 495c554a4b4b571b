import {PpError, refusal} from '../../errors.ts'
import type {Database, Fleet} from '../../fleet/types.ts'
import {refusedPlan} from '../../operation/refused.ts'
import {refuseWhileUnfinished} from '../adopt.ts'
import {Cluster} from '../cluster.ts'
import {memberOf, streamsFrom, writableMembers} from '../facts.ts'
import {isWithheld, passwordFileHint, redirectConninfo} from '../conninfo.ts'
import {observeCluster} from '../observe.ts'
import {refuseReplaced} from '../request.ts'
import {requireMember} from '../require-member.ts'
import type {ClusterState} from '../types.ts'
import {formatSize} from '../../size.ts'
import {sizeOf} from './copy.ts'
import {Rejoin} from './rejoin.ts'
import type {RejoinIntent, RejoinStep} from './types.ts'

export interface RejoinRequest {
  readonly host: string
  readonly how: RejoinIntent['how']
  readonly removeOld: boolean
}

export interface PreparedRejoin {
  readonly cluster: Cluster
  readonly work: Rejoin
  readonly steps: readonly RejoinStep[]
  readonly fingerprint: string
  /** What it means for the data, for people. */
  readonly notes: readonly string[]
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
  request: RejoinRequest,
): Promise<PreparedRejoin | undefined> {
  requireMember(database, request.host)
  const cluster = await Cluster.open(fleet, database)
  try {
    const state = await observeCluster(cluster)
    await refuseWhileUnfinished(cluster)
    refuseReplaced(state)
    const work = new Rejoin(cluster, intentFor(state, request), state)
    const plan = work.plan('forward', [])
    if (plan.kind === 'refused') throw refusedPlan(plan)
    const {steps} = plan
    if (steps.length > 0)
      return {
        cluster,
        work,
        steps,
        fingerprint: work.fingerprint(),
        notes: await notesOn(cluster, work, steps),
      }
    await cluster.close()
    return undefined
  } catch (error) {
    await cluster.close()
    throw error
  }
}

/**
 * What is copied, and what becomes of the old data.
 *
 * @throws PpError DISK_SHORT, exit 3: there is no room for both, and nobody has consented that the old one goes.
 */
async function notesOn(
  cluster: Cluster,
  {state, intent}: Rejoin,
  steps: readonly RejoinStep[],
): Promise<readonly string[]> {
  if (!steps.some((step) => step.kind === 'clone'))
    return [
      `What only ${intent.from} has written is kept aside before it is taken back.`,
      `Where a rewind does not work, its data is copied anew from ${intent.to}.`,
    ]
  const bytes = await sizeOf(cluster, intent.to)
  const free = memberOf(state, intent.from).machine?.freeBytes ?? 0
  const room = `${formatSize(bytes)} are copied, ${formatSize(free)} are free on ${intent.from}`
  if (free < bytes && !intent.removeOld)
    throw refusal('DISK_SHORT', {
      message: `${room}: there is no room for the copy beside the old data.`,
      hint: `Make room, or let the old data go: pp db clone ${intent.from} --remove-old`,
    })
  return [
    `${room}.`,
    free < bytes
      ? `There is no room for both, so the old data goes before the copy is made.`
      : `The old data stays beside the new, dated.`,
    `WAL that only ${intent.from} has is kept aside first, with a summary of its transactions.`,
  ]
}

function intentFor(state: ClusterState, {host, how, removeOld}: RejoinRequest): RejoinIntent {
  const [primary, second] = writableMembers(state)
  if (primary === undefined)
    throw refusal('NO_PRIMARY', {
      message: `No member of ${state.database} accepts writes, so there is nobody to follow.`,
      hint: `pp failover db ${state.database}, or when all members are standbys: pp db open ${state.database}`,
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
  const logins = state.members
    .filter((member) => streamsFrom(member, primary))
    .flatMap((member) => member.session?.settings.primaryConninfo ?? [])
  const template = logins.find((login) => !isWithheld(login)) ?? logins[0] ?? 'user=pp_replication'
  if (isWithheld(template))
    throw refusal('PASSWORD_IN_CONNINFO', {
      message: `The standbys of ${primary} have the password of replication in their primary_conninfo, and programs that copy would show it to everybody on ${host}.`,
      hint: passwordFileHint,
    })
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
    how,
    removeOld,
  }
}
