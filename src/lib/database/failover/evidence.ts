import {setTimeout as sleep} from 'node:timers/promises'

import {messageOf} from '../../errors.ts'
import type {Helper} from '../../drivers/helper/types.ts'
import {HostPower, type PowerAnswer} from '../../drivers/power/power.ts'
import {findHost} from '../../fleet/lookup.ts'
import type {Fleet} from '../../fleet/types.ts'
import type {Cluster} from '../cluster.ts'
import {isWritable, memberOf} from '../facts.ts'
import type {ClusterState} from '../types.ts'
import type {Answer, Evidence, PoolerView, Reach, StandbyView} from './types.ts'

const probeSeconds = 2
/** For a host whose power switch says off: nothing is promoted before the fence has listened to it for longer. */
const offProbeSeconds = 0.5
/** Longer than the pace of the heartbeat: a standby that hears from a living primary hears something meanwhile. */
const listenMs = 1200

/**
 * Looks at one member from every vantage point at once, 2 s each, and ends when nothing that is still to come could
 * change what is concluded. Changes nothing.
 *
 * @param switchSays what its power switch was heard to say already.
 */
export async function gatherEvidence(
  cluster: Cluster,
  state: ClusterState,
  host: string,
  switchSays?: PowerAnswer,
): Promise<Evidence> {
  const {members, poolers} = cluster.database
  const member = memberOf(state, host)
  const standbys = members.filter((one) => one !== host)
  // Where it answers, or its host says that no PostgreSQL runs, there is nothing to listen for.
  const isStopped = member.machine?.isRunning === false
  const isKnown = isStopped || isWritable(member)
  const look: Look = {cluster, host, isKnown, isStopped, isOff: !isKnown && switchSays?.state === 'off'}
  const [standbyViews, poolerViews, powerState] = await Promise.all([
    Promise.all(standbys.map((standby) => viewOfStandby(look, standby))),
    Promise.all(poolers.map((pooler) => viewOfPooler(look, pooler))),
    isKnown ? undefined : (switchSays ?? powerOf(cluster.fleet, host)?.state(probeSeconds)),
  ])
  const {connection} = cluster.links(host)
  return {
    host,
    at: new Date().toISOString(),
    here: {
      ssh: answer(connection !== undefined && !connection.closed.aborted, member.problems),
      sql: isWritable(member)
        ? {answers: true, said: `it accepts writes, timeline ${member.session?.timeline ?? '?'}`}
        : answer(member.session !== undefined, member.problems),
    },
    machine: member.machine && {
      isRunning: member.machine.isRunning,
      controlState: member.machine.control?.state,
      freeBytes: member.machine.freeBytes,
    },
    power: powerState?.state,
    powerSaid: powerState?.said,
    standbys: standbyViews,
    poolers: poolerViews,
  }
}

export function powerOf(fleet: Fleet, host: string): HostPower | undefined {
  const {power, lab} = fleet
  return power && new HostPower(power, findHost(fleet, host), lab)
}

/** One look at one member, and what is known of it before. */
interface Look {
  readonly cluster: Cluster
  readonly host: string
  /** It accepts writes, or it has stopped: there is nothing to listen for. */
  readonly isKnown: boolean
  /** Its own host says that no PostgreSQL runs. */
  readonly isStopped: boolean
  readonly isOff: boolean
}

const answer = (answers: boolean, problems: readonly string[]): Answer => ({
  answers,
  said: answers ? 'answers' : (problems[0] ?? 'no answer'),
})

async function viewOfStandby({cluster, host, isKnown, isOff}: Look, standby: string): Promise<StandbyView> {
  const {acts} = cluster.links(standby)
  const [hearing, reach] = await Promise.all([
    isKnown ? undefined : listen(cluster, standby, host).catch(() => undefined),
    isKnown || !acts ? undefined : reachFrom(cluster, acts, host, isOff ? offProbeSeconds : probeSeconds),
  ])
  return {host: standby, hears: hearing?.hears, lastMessageSeconds: hearing?.lastMessageSeconds, reach}
}

interface Receiver {
  readonly heard: string
  readonly age: number
}

async function listen(cluster: Cluster, standby: string, host: string) {
  const session = await cluster.maintenance(standby)
  const look = async (): Promise<Receiver | undefined> => {
    const [row] = await session.query<Receiver>(
      `select last_msg_receipt_time::text as heard, extract(epoch from clock_timestamp() - last_msg_receipt_time)::float8 as age
       from pg_stat_wal_receiver where status = 'streaming' and sender_host = $1`,
      [host],
      {timeoutSeconds: probeSeconds},
    )
    return row
  }
  const first = await look()
  if (!first) return {hears: false, lastMessageSeconds: undefined}
  // What has been silent for that long before the first look needs no second one.
  const leftMs = listenMs - first.age * 1000
  if (leftMs <= 0) return {hears: false, lastMessageSeconds: first.age}
  await sleep(leftMs)
  const second = await look()
  return {hears: second !== undefined && second.heard !== first.heard, lastMessageSeconds: second?.age}
}

async function viewOfPooler(look: Look, pooler: string): Promise<PoolerView> {
  const {cluster, host, isStopped, isOff} = look
  const nothing = {host: pooler, sees: undefined, reach: undefined}
  try {
    // Two helpers, since one answers one question at a time.
    await cluster.openLeases()
    const {acts, lease, problems} = cluster.links(pooler)
    if (!acts || !lease) throw new Error(problems[0] ?? 'no answer')
    if (isStopped || isOff) {
      // Where no connection is taken nobody can be seen to accept writes.
      const taken = await reachFrom(cluster, lease, host, isOff ? offProbeSeconds : probeSeconds)
      if (taken !== undefined && taken !== 'open')
        return {host: pooler, sees: 'nothing', said: 'no connection', reach: taken}
    }
    const [{members}, reach] = await Promise.all([
      acts.call('ask-members', {target: cluster.database.name}, {timeoutSeconds: probeSeconds + 1}),
      reachFrom(cluster, lease, host, probeSeconds),
    ])
    const seen = members.find((member) => member.host === host)
    if (!seen) return {...nothing, said: `${pooler} does not know ${host}`}
    if (!seen.answered) return {host: pooler, sees: 'nothing', said: psqlSaid(seen.reason), reach}
    const sees = seen.inRecovery === true ? 'standby' : 'writable'
    return {host: pooler, sees, said: `timeline ${seen.timeline ?? '?'}`, reach}
  } catch (error) {
    return {...nothing, said: messageOf(error)}
  }
}

/** The reason alone: psql names server, address and port before it. */
const psqlSaid = (said = 'no answer'): string => said.split('failed: ').at(-1) ?? said

/** A TCP connection from one host to another's database port. */
export async function reachFrom(
  cluster: Cluster,
  helper: Helper,
  host: string,
  timeoutSeconds: number,
): Promise<Reach | undefined> {
  const place = cluster.addressOf(host)
  if (!place) return undefined
  try {
    const {answer: reach} = await helper.call(
      'reach',
      {...place, timeoutSeconds},
      {timeoutSeconds: timeoutSeconds + 1},
    )
    return reach
  } catch {
    return undefined
  }
}
