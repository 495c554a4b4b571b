import {existsSync} from 'node:fs'
import {join, resolve} from 'node:path'

import {PpError, refusal} from '../../errors.ts'
import type {Database, Fleet} from '../../fleet/types.ts'
import {refuseWhileLocked} from '../../operation/lock.ts'
import type {Progress} from '../../output/progress.ts'
import {Cluster} from '../cluster.ts'
import {isWritable, memberOf, writableMembers} from '../facts.ts'
import {observeCluster} from '../observe.ts'
import {nameTables} from '../rejoin/name-tables.ts'
import {requireMember} from '../require-member.ts'
import type {ClusterState} from '../types.ts'
import {salvageStart, type Having} from './start.ts'
import {takeSegments, type SalvageSource} from './take.ts'

/**
 * Copies the WAL that only a lost member's disk has to a dated folder on this machine. Changes nothing on any host.
 *
 * @returns `folder` null when the others have all of it.
 * @throws PpError HOST_UNREACHABLE (5); STILL_RUNNING, SALVAGE_NO_START (3).
 */
export async function salvageWal(
  fleet: Fleet,
  database: Database,
  {host, into}: {readonly host: string; readonly into: string},
  progress: Progress,
) {
  requireMember(database, host)
  if (!existsSync(into)) throw folderMissing(into)
  const cluster = await Cluster.open(fleet, database)
  try {
    const state = await observeCluster(cluster)
    await refuseWhileLocked(database.name, cluster.voters)
    const source = await sourceOf(cluster, state, host)
    progress.start('end', `where the WAL of ${host} ends`)
    const found = await walEnd(source)
    progress.done('end', `${host} has WAL from ${source.from} to ${found.last ?? source.from}`)
    const facts = {schemaVersion: 1, outcome: 'done', exitCode: 0, database: database.name, host} as const
    if (found.last === null) return {...facts, folder: null, from: source.from, bytes: 0, commits: 0}
    const summary = await summaryOf(cluster, state, source)
    const document = {
      ...facts,
      takenAt: new Date().toISOString(),
      systemIdentifier: source.systemIdentifier,
      timeline: source.timeline,
      from: source.from,
      last: found.last,
      bytes: found.bytes,
      ...summary,
    }
    const stamp = document.takenAt.replaceAll(/[-:]|\.\d+/g, '')
    const folder = resolve(join(into, `${database.name}-${host}-${stamp}`))
    const files = await takeSegments(source, {folder, end: found.end, document, progress}, async () => {
      const now = await walEnd(source)
      return now.end === found.end
    })
    return {...document, folder, files}
  } finally {
    await progress.end()
    await cluster.close()
  }
}

const walEnd = ({helper, database, systemIdentifier, timeline, from}: SalvageSource) =>
  helper.call('wal-end', {target: database, systemIdentifier, timeline, lsn: from}, {timeoutSeconds: 620})

async function sourceOf(cluster: Cluster, state: ClusterState, host: string): Promise<SalvageSource> {
  const helper = cluster.acts(host)
  const target = cluster.database.name
  const {machine} = memberOf(state, host)
  const {database} = await helper.call('status', {target})
  if (machine?.isRunning || (database?.processCount ?? 0) > 0)
    throw refusal('STILL_RUNNING', {
      message: `PostgreSQL runs on ${host}, so its WAL has no end yet.`,
      hint: 'pp db status',
    })
  if (machine?.unfinished?.isDatabase === false)
    throw refusal(machine.unfinished.kind === 'clone' ? 'CLONE_UNFINISHED' : 'REWIND_UNFINISHED', {
      message: `A ${machine.unfinished.kind} of ${host} was interrupted, so its data is no database. What only it had was kept beside its data directory before.`,
      hint: `pp db rejoin ${host}`,
    })
  const control = database?.control
  if (!control?.crcOk)
    throw refusal('CONTROL_UNREADABLE', {
      message: `The control file of ${host} cannot be read, so it is not known what its WAL is.`,
      hint: `pp db clone ${host}`,
    })
  const {timeline, systemIdentifier, walSegmentBytes} = control
  const from = salvageStart(timeline, await othersOf(cluster, state, host))
  if (from === undefined)
    throw refusal('SALVAGE_NO_START', {
      message: `No other member that answers has WAL of timeline ${timeline}, so it is not known what ${host} has beyond them.`,
      hint: 'pp db status: bring another member back first',
    })
  return {
    helper,
    host,
    database: target,
    systemIdentifier,
    timeline,
    from,
    segmentBytes: walSegmentBytes ?? 16 * 1024 * 1024,
  }
}

async function othersOf(cluster: Cluster, state: ClusterState, lost: string): Promise<readonly Having[]> {
  const others = state.members.filter((member) => member.host !== lost && member.session)
  return Promise.all(
    others.map(async (member) => {
      // What it has replayed: that ends where a record ends, and what it has received may end inside one.
      const {timeline = 0, lsn = '0/0'} = member.session ?? {}
      const {ancestors} = await cluster
        .acts(member.host)
        .call('history', {target: cluster.database.name, timeline})
      return {host: member.host, isWritable: isWritable(member), timeline, lsn, ancestors}
    }),
  )
}

/** What the transactions in it have changed; with names where the present primary's catalog has them. */
async function summaryOf(cluster: Cluster, state: ClusterState, source: SalvageSource) {
  const {helper, database, systemIdentifier, timeline, from} = source
  const found = await helper.call(
    'wal-summary',
    {target: database, systemIdentifier, timeline, lsn: from},
    {timeoutSeconds: 3700},
  )
  const [primary] = writableMembers(state)
  const relations = found.tables.map((table) => table.relation)
  const names = primary === undefined ? {} : await nameTables(cluster, primary, relations).catch(() => ({}))
  const named: Readonly<Record<string, string>> = names
  return {
    ...found,
    tables: found.tables.map((table) => ({...table, name: named[table.relation] ?? table.name})),
  }
}

const folderMissing = (into: string): PpError =>
  new PpError('usage', 'FOLDER_MISSING', {
    message: `There is no folder ${into}.`,
    hint: `mkdir -p ${into}`,
  })
