import {setTimeout as sleep} from 'node:timers/promises'

import {HelperRefusal} from '../../drivers/helper/errors.ts'
import {PpError} from '../../errors.ts'
import {changeSettings, performStep, until, untilFollowing, type SwitchoverRun} from '../execute.ts'
import {lsnBytes} from '../lsn.ts'
import {mandate} from '../mandate.ts'
import {standbyTimeline} from '../observe.ts'
import {disarmGuards, routePoolers} from '../pooling.ts'
import {redirectConninfo} from '../conninfo.ts'
import {powerOf, reachFrom} from './evidence.ts'
import {heartbeatOf} from './heartbeat.ts'
import {isWithin, lossBound, showBound, showLimit} from './loss.ts'
import type {FailoverIntent, FailoverStep, LossBound, Position, Reach} from './types.ts'

/** How long a host is listened to before it counts as silent. */
const silenceSeconds = 1

/** What one run keeps between its steps. */
export interface FailoverRun extends SwitchoverRun {
  readonly intent: FailoverIntent
  positions: readonly Position[]
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
    case 'fence':
      return step.host === run.intent.from ? fence(run, step.host) : performStep(step, run)
    case 'power-off':
      return powerOff(run, step.host)
    case 'power-on':
      return powerOn(run, step.host)
    case 'measure':
      return measure(run, step)
    case 'release':
      return release(run, step)
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
      return helper.call('unfence', {...mandate(run, helper, 10), fencedBy: run.operation})
    }),
  )
  return {member}
}

/** Clients wait instead of failing. A silent primary never lets go of its connections, so nothing waits for that. */
async function hold({cluster}: FailoverRun, {poolers}: StepOf<'hold'>): Promise<unknown> {
  const {applicationDatabases} = cluster.database
  const processes = poolers.flatMap((host) => cluster.poolers(host))
  await Promise.all(
    processes.map(async (process) => {
      await process.setLoginRetry(0)
      const pausing = applicationDatabases.map((entry) => process.pause(entry, {timeoutSeconds: 0.2}))
      await Promise.allSettled(pausing)
    }),
  )
  return {held: processes.length}
}

/** Nothing streams to the standbys any more: what the lost primary may still write, none of them acknowledges. */
async function detach(run: FailoverRun, {hosts}: StepOf<'detach'>): Promise<unknown> {
  run.positions = await Promise.all(
    hosts.map(async (host) => {
      await changeSettings(run, host, {primary_conninfo: ''})
      const session = await run.cluster.maintenance(host)
      await until(`the walreceiver of ${host} to end`, 5, async () => {
        const left = await session.query('select from pg_stat_wal_receiver')
        return left.length === 0
      })
      return positionNow(run, host)
    }),
  )
  return {positions: run.positions}
}

async function positionNow(run: FailoverRun, host: string): Promise<Position> {
  const session = await run.cluster.maintenance(host)
  const [row] = await session.query<Omit<Position, 'host'>>(
    `select greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())::text as lsn, ${standbyTimeline} as timeline,
       (select system_identifier::text from pg_control_system()) as "systemIdentifier"`,
  )
  if (!row) throw new Error('no row')
  return {host, ...row}
}

/** The host helper kills every process of the server, looks twice, and leaves it masked with standby.signal. */
async function fence(run: FailoverRun, host: string): Promise<unknown> {
  const helper = run.cluster.acts(host)
  const {systemIdentifier} = run.intent
  const evidence = await helper.call(
    'fence',
    {...mandate(run, helper, 30), systemIdentifier},
    {timeoutSeconds: 30},
  )
  return {by: 'ssh', at: new Date().toISOString(), evidence}
}

/** Off by the switch's own word, and nobody hears the host any more: a switch that says so alone may lie. */
async function powerOff(run: FailoverRun, host: string): Promise<unknown> {
  const {cluster} = run
  const power = powerOf(cluster, host)
  if (!power) throw fenceFailed(host, 'the fleet file names no power switch')
  const said = await power.ask('off', 15)
  const now = await power.state(5)
  if (now.state !== 'off') throw fenceFailed(host, `its power switch says "${now.said}" after "${said}"`)
  const vantages = [...cluster.database.members, ...cluster.database.poolers].filter(
    (one) => one !== host && cluster.links(one).acts?.gone.aborted === false,
  )
  const heard = await Promise.all(
    vantages.map(async (vantage) => ({
      vantage,
      reach: await reachFrom(cluster, cluster.acts(vantage), host, silenceSeconds),
    })),
  )
  const from = (...answers: readonly (Reach | undefined)[]) =>
    heard.flatMap(({vantage, reach}) => (answers.includes(reach) ? [vantage] : []))
  const hearing = from('open', 'refused')
  if (hearing.length > 0) throw contradicted(host, now.said, hearing)
  const silentFrom = from('silent', 'unreachable')
  if (silentFrom.length === 0) throw fenceFailed(host, 'no other host could see whether it is silent')
  return {by: 'power', at: new Date().toISOString(), said: now.said, silentFrom}
}

async function powerOn(run: FailoverRun, host: string): Promise<unknown> {
  const said = await powerOf(run.cluster, host)?.ask('on', 30)
  for (const deadline = performance.now() + 60_000; performance.now() < deadline;) {
    const {acts} = await run.cluster.connect(host, {insist: true})
    if (acts) return {said}
    await sleep(1000)
  }
  throw new PpError('human', 'HOST_UNREACHABLE', {
    message: `${host} was switched on (${said ?? ''}) and does not answer a minute later.`,
    hint: 'pp status',
  })
}

/** Shows that the candidate is the most advanced one, and that what it may lack is within what may be lost. */
async function measure(run: FailoverRun, {host, from}: StepOf<'measure'>): Promise<unknown> {
  const {intent, cluster} = run
  const positions = run.positions
  const foreign = positions.find(
    (one) => one.systemIdentifier !== intent.systemIdentifier || one.timeline !== intent.timeline,
  )
  if (foreign)
    throw new PpError('undone', 'LINEAGE_DIFFERS', {
      message: `${foreign.host} is on timeline ${foreign.timeline} of system ${foreign.systemIdentifier}, not ${intent.timeline} of ${intent.systemIdentifier}.`,
      hint: 'pp db status',
    })
  const mine = positions.find((one) => one.host === host)
  if (!mine)
    throw new PpError('undone', 'MEMBER_UNREACHABLE', {
      message: `${host} told no position.`,
      hint: 'pp db status',
    })
  const best = positions.reduce((one, other) => (lsnBytes(other.lsn) > lsnBytes(one.lsn) ? other : one))
  if (lsnBytes(best.lsn) > lsnBytes(mine.lsn)) await catchUp(run, host, best)
  const bound = lossBound({
    from,
    members: cluster.database.members,
    synchronousNames: intent.lostSynchronousNames,
    positions,
    endOnDisk: undefined,
    heartbeatAgeSeconds: (await heartbeatOf(cluster, host, from))?.ageSeconds,
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

/** Leads every process to the new primary; connections to the lost one are closed first, since it never will. */
async function release(run: FailoverRun, {poolers, host, from}: StepOf<'release'>): Promise<unknown> {
  const cut = await Promise.all(poolers.map((pooler) => cutConnections(run, pooler, from)))
  await routePoolers(run, host, poolers, new Set(), run.before)
  await disarmGuards(run, poolers)
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

function fenceFailed(host: string, why: string): PpError {
  return new PpError('undone', 'FENCE_FAILED', {
    message: `Nothing proves that ${host} is off: ${why}.`,
    hint: `Take its power away by hand, see that it is silent, then try again. pp db status`,
  })
}

function contradicted(host: string, said: string, vantages: readonly string[]): PpError {
  return new PpError('undone', 'FENCE_CONTRADICTED', {
    message: `The power switch of ${host} says "${said}", but ${vantages.join(', ')} still get${vantages.length === 1 ? 's' : ''} an answer from it.`,
    hint: 'Look which machine that switch belongs to; nothing was promoted.',
  })
}

function overLimit({intent}: FailoverRun, bound: LossBound): PpError {
  return new PpError('undone', 'DATA_LOSS_OVER_LIMIT', {
    message: `${intent.to} may lack ${showBound(bound)} of ${intent.from}; the limit is ${showLimit(intent.maxLoss)}. ${bound.because}.`,
    hint: `Bring the missing standby back, or accept the loss: pp failover db ${intent.database} --max-loss any`,
  })
}
