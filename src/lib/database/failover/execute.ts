import {HelperRefusal} from '../../drivers/helper/errors.ts'
import {PpError} from '../../errors.ts'
import {changeSettings, performStep, until, untilFollowing, type SwitchoverRun} from '../execute.ts'
import {lsnBytes, type Lsn} from '../lsn.ts'
import {mandate} from '../mandate.ts'
import {routePoolers} from '../pooling.ts'
import {redirectConninfo} from '../conninfo.ts'
import {fenceLost} from './fence.ts'
import {heartbeatOf, unknownByNow} from './heartbeat.ts'
import {acceptLoss, isWithin, lossBound, showBound, showLimit} from './loss.ts'
import {loweredFor} from './lowered.ts'
import {positionNow} from './position.ts'
import {salvage} from './salvage.ts'
import type {FailoverIntent, FailoverStep, LossBound, Position} from './types.ts'

/** What one run keeps between its steps. */
export interface FailoverRun extends SwitchoverRun {
  readonly intent: FailoverIntent
  positions: readonly Position[]
  /** Why a standby that answers told none. */
  unread: readonly PpError[]
  /** End of the WAL on the lost primary's disk, once that was read. */
  endOnDisk: Lsn | undefined
  /** Members whose disk could not be read, though their host answers. */
  unsalvaged: readonly string[]
  /** Whether to go on also when nothing proves that this member cannot write. */
  readonly isFenceForced: (host: string) => boolean
}

type StepOf<K extends FailoverStep['kind']> = Extract<FailoverStep, {kind: K}>

/** As `performStep`: performs one step and returns its proof; every step may be repeated. */
export async function performFailoverStep(step: FailoverStep, run: FailoverRun): Promise<unknown> {
  switch (step.kind) {
    case 'tag':
      return tag(run, step)
    case 'untag':
      return untag(run, step)
    case 'hold':
      return hold(run, step)
    case 'detach':
      return detach(run, step)
    case 'fence-lost':
      return fenceLost(run, step.host)
    case 'salvage':
      return salvage(run, step)
    case 'measure':
      return measure(run, step)
    case 'release':
      return release(run, step)
    case 'follow':
      return followLater(run, step)
    default:
      return performStep(step, run)
  }
}

async function tag(run: FailoverRun, {poolers, member}: StepOf<'tag'>): Promise<unknown> {
  await Promise.all(
    poolers.map((host) => {
      const helper = run.cluster.acts(host)
      return helper.call('fence-tag', {...mandate(run, helper, 10), member})
    }),
  )
  return {member}
}

async function untag(run: FailoverRun, {poolers, member}: StepOf<'untag'>): Promise<unknown> {
  await Promise.all(
    poolers.map((host) => {
      const helper = run.cluster.acts(host)
      return helper.call('unfence', {...mandate(run, helper, 10), fencedBy: run.operation, member})
    }),
  )
  return {member}
}

/** Clients wait instead of failing. A silent primary never lets go of its connections, so nothing waits for that. */
async function hold({cluster}: FailoverRun, {poolers}: StepOf<'hold'>): Promise<unknown> {
  const {applicationDatabases} = cluster.database
  const processes = poolers.flatMap((host) => cluster.poolers(host))
  const left = await Promise.all(
    processes.map(async (process) => {
      await process.setLoginRetry(0)
      const entries = await process.hold(applicationDatabases)
      return entries.map((entry) => `${entry} of ${process.process} on ${process.host}`)
    }),
  )
  return {held: processes.length, notPaused: left.flat()}
}

/** Nothing streams to the standbys any more: what the lost primary may still write, none of them acknowledges. */
async function detach(run: FailoverRun, {hosts}: StepOf<'detach'>): Promise<unknown> {
  const told = await Promise.all(
    hosts.map(async (host): Promise<Position | PpError> => {
      await changeSettings(run, host, {primary_conninfo: ''})
      const session = await run.cluster.maintenance(host)
      await until(`the walreceiver of ${host} to end`, 5, async () => {
        const left = await session.query('select from pg_stat_wal_receiver')
        return left.length === 0
      })
      return positionNow(run.cluster, host).catch((error: unknown) => {
        if (!(error instanceof PpError) || error.code !== 'STILL_REPLAYING' || host === run.intent.to)
          throw error
        // It has no vote, like one that is silent: whether the others are enough is seen when the loss is measured.
        run.detail(error.message)
        return error
      })
    }),
  )
  run.positions = told.filter((one): one is Position => !(one instanceof PpError))
  run.unread = told.filter((one) => one instanceof PpError)
  return {positions: run.positions, unread: run.unread.map(({message}) => message)}
}

/** Shows that the candidate is the most advanced one, and that what it may lack is within what may be lost. */
async function measure(run: FailoverRun, {host, from, unread}: StepOf<'measure'>): Promise<unknown> {
  const {intent, cluster} = run
  const foreign = run.positions.find(
    (one) =>
      one.systemIdentifier !== intent.systemIdentifier ||
      one.timeline > intent.timeline ||
      (one.host === host && one.timeline < intent.timeline),
  )
  if (foreign)
    throw new PpError('undone', 'LINEAGE_DIFFERS', {
      message: `${foreign.host} is on timeline ${foreign.timeline} of system ${foreign.systemIdentifier}, not ${intent.timeline} of ${intent.systemIdentifier}.`,
      hint: 'pp db status',
    })
  // One that was left behind on an earlier timeline got nothing of the lost primary's, and has no vote.
  const positions = run.positions.filter((one) => one.timeline === intent.timeline)
  const mine = positions.find((one) => one.host === host)
  if (!mine)
    throw new PpError('undone', 'MEMBER_UNREACHABLE', {
      message: `${host} told no position.`,
      hint: 'pp db status',
    })
  const best = positions.reduce((one, other) => (lsnBytes(other.lsn) > lsnBytes(one.lsn) ? other : one))
  if (lsnBytes(best.lsn) > lsnBytes(mine.lsn)) await catchUp(run, host, best)
  const standbys = positions.map((one) => one.host)
  const heartbeat = await heartbeatOf(cluster, standbys, from)
  const bound = lossBound({
    from: unread ? undefined : from,
    unread: [...new Set([...(unread ?? []), ...run.unsalvaged])],
    members: cluster.database.members,
    synchronousNames: intent.lostSynchronousNames,
    namesUnknown: unknownByNow(intent, heartbeat),
    loweredFor: await loweredFor(cluster, host),
    positions,
    endOnDisk: run.endOnDisk,
    isDiskReadable: false,
    heartbeatAgeSeconds: heartbeat?.ageSeconds,
  })
  if (!isWithin(bound, intent.maxLoss)) throw overLimit(run, bound)
  return {bound, positions}
}

/** Fetches from a standby that is ahead what the candidate lacks. */
async function catchUp(run: FailoverRun, host: string, ahead: Position): Promise<void> {
  run.detail(`${ahead.host} is ahead: ${host} fetches the rest from it`)
  const conninfo = redirectConninfo(run.intent.conninfo, ahead.host, host)
  await untilFollowing(run, host, conninfo, ahead.lsn)
  await changeSettings(run, host, {primary_conninfo: ''})
}

/** Clients write again: a standby that cannot stream by now is a finding of the verdict, no reason to leave all unfinished. */
async function followLater(run: FailoverRun, step: StepOf<'follow'>): Promise<unknown> {
  try {
    return await performStep(step, run)
  } catch (error) {
    if (!(error instanceof PpError) || !['STEP_TIMED_OUT', 'PASSWORD_WITHHELD'].includes(error.code))
      throw error
    run.detail(error.message)
    return {problem: error.message}
  }
}

/** Leads every process to the new primary; connections to the lost one are closed first, since it never will. */
async function release(run: FailoverRun, {poolers, host, from}: StepOf<'release'>): Promise<unknown> {
  const cut = await Promise.all(poolers.map((pooler) => cutConnections(run, pooler, from)))
  await routePoolers(run, host, poolers, new Set())
  return {cut}
}

async function cutConnections(run: FailoverRun, pooler: string, member: string): Promise<unknown> {
  const helper = run.cluster.acts(pooler)
  try {
    return {pooler, ...(await helper.call('cut-connections', {...mandate(run, helper, 10), member}))}
  } catch (error) {
    if (!(error instanceof HelperRefusal) || !['CUT_UNSUPPORTED', 'TOOL_MISSING'].includes(error.code))
      throw error
    // Ends clients with it, and is the only thing left that frees them from a silent server.
    const {applicationDatabases} = run.cluster.database
    await Promise.all(
      run.cluster
        .poolers(pooler)
        .flatMap((process) => applicationDatabases.map((entry) => process.kill(entry))),
    )
    return {pooler, killed: applicationDatabases}
  }
}

function overLimit({intent, unread}: FailoverRun, bound: LossBound): PpError {
  const because = [bound.because, ...unread.map(({message}) => message)].join('. ')
  return new PpError('undone', 'DATA_LOSS_OVER_LIMIT', {
    message: `${intent.to} may lack ${showBound(bound)} of ${intent.from}; the limit is ${showLimit(intent.maxLoss)}. ${because}.`,
    hint: acceptLoss(bound, intent.database, intent.from),
  })
}
