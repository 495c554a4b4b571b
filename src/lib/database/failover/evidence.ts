import {setTimeout as sleep} from 'node:timers/promises'

import type {Helper} from '../../drivers/helper/types.ts'
import {HostPower} from '../../drivers/power/power.ts'
import {findHost} from '../../fleet/lookup.ts'
import type {Cluster} from '../cluster.ts'
import {isWritable, memberOf} from '../facts.ts'
import type {ClusterState} from '../types.ts'
import type {Answer, Evidence, PoolerView, Reach, StandbyView} from './types.ts'

const probeSeconds = 2
/** Longer than the pace of the heartbeat: a standby that hears from a living primary hears something meanwhile. */
const listenMs = 1200

/** Looks at one member from every vantage point at once, 2 s each. Changes nothing. */
export async function gatherEvidence(cluster: Cluster, state: ClusterState, host: string): Promise<Evidence> {
  const {members, poolers} = cluster.database
  const member = memberOf(state, host)
  const standbys = members.filter((one) => one !== host)
  // Where it answers, or its host says that no PostgreSQL runs, there is nothing to listen for.
  const isKnown = member.machine?.isRunning === false || isWritable(member)
  const power = powerOf(cluster, host)
  const [standbyViews, poolerViews, powerState] = await Promise.all([
    Promise.all(standbys.map((standby) => viewOfStandby(cluster, standby, host, isKnown))),
    Promise.all(poolers.map((pooler) => viewOfPooler(cluster, pooler, host))),
    isKnown ? undefined : power?.state(probeSeconds),
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

export function powerOf(cluster: Cluster, host: string): HostPower | undefined {
  const {power, lab} = cluster.fleet
  return power && new HostPower(power, findHost(cluster.fleet, host), lab)
}

const answer = (answers: boolean, problems: readonly string[]): Answer => ({
  answers,
  said: answers ? 'answers' : (problems[0] ?? 'no answer'),
})

async function viewOfStandby(
  cluster: Cluster,
  standby: string,
  host: string,
  isKnown: boolean,
): Promise<StandbyView> {
  const {acts} = cluster.links(standby)
  const [hearing, reach] = await Promise.all([
    isKnown ? undefined : listen(cluster, standby, host).catch(() => undefined),
    isKnown || !acts ? undefined : reachFrom(cluster, acts, host, probeSeconds),
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
  await sleep(listenMs)
  const second = await look()
  return {hears: second !== undefined && second.heard !== first.heard, lastMessageSeconds: second?.age}
}

async function viewOfPooler(cluster: Cluster, pooler: string, host: string): Promise<PoolerView> {
  const nothing = {host: pooler, sees: undefined, reach: undefined}
  try {
    const {acts, lease, problems} = cluster.links(pooler)
    if (!acts || !lease) throw new Error(problems[0] ?? 'no answer')
    // Two helpers, since one answers one question at a time.
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
    return {...nothing, said: error instanceof Error ? error.message : String(error)}
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
