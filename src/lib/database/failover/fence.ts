import {messageOf, PpError} from '../../errors.ts'
import type {Cluster} from '../cluster.ts'
import {until} from '../execute.ts'
import {mandate} from '../mandate.ts'
import {powerOf, reachFrom} from './evidence.ts'
import type {FailoverRun} from './execute.ts'
import {heartbeatOf, unknownByNow} from './heartbeat.ts'
import {ballot} from './loss.ts'
import {loweredFor} from './lowered.ts'
import type {FailoverIntent, Reach} from './types.ts'

/** How long a host is listened to before it counts as silent. */
const silenceSeconds = 1

/** Ways of making sure that a lost primary does not write, the surest first. */
const methods = {ssh: killOverSsh, power: takePowerAway, network: isolate, quorum: outvote} as const
export type FenceMethod = keyof typeof methods

/**
 * Makes sure that a lost primary does not write any more, by the first method that gives proof.
 *
 * A contradiction ends it: where a switch says off and the host answers, no other method is to be trusted either.
 *
 * @throws PpError FENCE_CONTRADICTED, FENCE_FAILED.
 */
export async function fenceLost(run: FailoverRun, host: string): Promise<unknown> {
  const failures: string[] = []
  for (const [by, fence] of Object.entries(methods)) {
    try {
      const proof = await fence(run, host)
      return {by, at: new Date().toISOString(), failures, ...proof}
    } catch (error) {
      if (error instanceof PpError && error.code === 'FENCE_CONTRADICTED') throw error
      const failure = `${by}: ${messageOf(error)}`
      failures.push(failure)
      run.detail(failure)
    }
  }
  if (run.isFenceForced(host)) return {by: 'nobody', at: new Date().toISOString(), failures}
  throw new PpError('undone', 'FENCE_FAILED', {
    message: `Nothing proves that ${host} does not write. ${failures.join('; ')}.`,
    hint: 'Take its power away by hand, see that it is silent, then try again. pp db status',
  })
}

/** The host helper kills every process of the server, looks twice, and leaves it masked with standby.signal. */
async function killOverSsh(run: FailoverRun, host: string): Promise<object> {
  const helper = run.cluster.acts(host)
  const {systemIdentifier} = run.intent
  const evidence = await helper.call(
    'fence',
    {...mandate(run, helper, 30), systemIdentifier},
    {timeoutSeconds: 30},
  )
  return {evidence}
}

/** Off by the switch's own word, and nobody hears the host any more: a switch that says so alone may lie. */
async function takePowerAway({cluster}: FailoverRun, host: string): Promise<object> {
  const power = powerOf(cluster.fleet, host)
  if (!power) throw new Error('the fleet file names no power switch')
  const said = await power.ask('off', 15)
  const vantages = [...cluster.database.members, ...cluster.database.poolers].filter(
    (one) => one !== host && cluster.links(one).acts?.gone.aborted === false,
  )
  // Both after it was told: what it says now, and what everybody hears meanwhile.
  const [now, {hearing, silentFrom}] = await Promise.all([
    power.state(5),
    listenFrom(cluster, vantages, host),
  ])
  if (now.state !== 'off') throw new Error(`the switch says "${now.said}" after "${said}"`)
  if (hearing.length > 0)
    throw new PpError('undone', 'FENCE_CONTRADICTED', contradiction(host, now.said, hearing))
  if (silentFrom.length === 0) throw new Error('no other host could see whether it is silent')
  return {said: now.said, silentFrom}
}

/** Every pooler's host drops what comes from it and goes to it, connections that are open too. */
async function isolate(run: FailoverRun, host: string): Promise<object> {
  const {cluster} = run
  const {poolers} = cluster.database
  const problem = isolationProblem(cluster)
  if (problem !== undefined) throw new Error(problem)
  const isolated = await Promise.all(
    poolers.map(async (pooler) => {
      const helper = cluster.acts(pooler)
      return helper.call('fence-tag', {...mandate(run, helper, 10), member: host, isolate: true})
    }),
  )
  const {silentFrom} = await listenFrom(cluster, poolers, host)
  if (silentFrom.length < 2) throw new Error(`only ${silentFrom.join(', ') || 'nobody'} hears nothing of it`)
  return {isolatedBy: isolated.map(({fenceTag}) => fenceTag.isolated), silentFrom}
}

/** No pooler leads to it any more, and too few standbys are left that could acknowledge a commit there. */
async function outvote(run: FailoverRun, host: string): Promise<object> {
  const {cluster, intent, positions} = run
  const {poolers, applicationDatabases} = cluster.database
  const standbys = positions.map((position) => position.host)
  const lostNamesUnknown = unknownByNow(intent, await heartbeatOf(cluster, standbys, host))
  const problem = await outvoteProblem(cluster, {...intent, lostNamesUnknown, standbys})
  if (problem !== undefined) throw new Error(problem)
  await Promise.all(
    poolers.map((pooler) => {
      const helper = cluster.acts(pooler)
      return helper.call('cut-connections', {...mandate(run, helper, 10), member: host})
    }),
  )
  // Held since before, so none is opened again.
  await until(`no pooler to lead to ${host} any more`, 3, async () => {
    const processes = poolers.flatMap((pooler) => cluster.poolers(pooler))
    const drained = await Promise.all(
      processes.flatMap((process) => applicationDatabases.map((entry) => process.isDrained(entry, host))),
    )
    return drained.every(Boolean)
  })
  return {removedFrom: poolers, detached: standbys, synchronousNames: intent.lostSynchronousNames}
}

/** Why keeping the poolers away from a member would prove nothing; undefined: it would. */
export function isolationProblem(cluster: Cluster): string | undefined {
  if (!cluster.database.directClients && cluster.database.poolers.length < 2)
    return 'a single pooler host cannot be probed from two places'
  return removalProblem(cluster)
}

/** The same for its commits, of which none must be acknowledged any more once nothing streams to these standbys. */
export async function outvoteProblem(
  cluster: Cluster,
  {
    from,
    to,
    lostSynchronousNames,
    lostNamesUnknown,
    standbys,
  }: Pick<FailoverIntent, 'from' | 'to' | 'lostSynchronousNames' | 'lostNamesUnknown'> & {
    readonly standbys: readonly string[]
  },
): Promise<string | undefined> {
  const problem = removalProblem(cluster)
  if (problem !== undefined) return problem
  if (lostNamesUnknown !== undefined)
    return `its standbys cannot outvote it, since nobody knows whom its commits wait for: ${lostNamesUnknown}`
  const {problem: undecided} = ballot(lostSynchronousNames, cluster.database.members, from, standbys)
  if (undecided !== undefined) return `its standbys cannot outvote it: ${undecided}`
  const lowered = await loweredFor(cluster, to)
  return lowered.length === 0 ? undefined : `synchronous_commit is lowered for ${lowered.join(', ')}`
}

function removalProblem(cluster: Cluster): string | undefined {
  const {directClients, poolers} = cluster.database
  if (directClients)
    return 'clients may connect past the poolers (directClients), so isolating them proves nothing'
  const silent = poolers.filter((host) => cluster.links(host).acts?.gone.aborted !== false)
  return silent.length > 0 ? `${silent.join(', ')} cannot be told to keep away from it` : undefined
}

async function listenFrom(cluster: Cluster, vantages: readonly string[], host: string) {
  const heard = await Promise.all(
    vantages.map(async (vantage) => ({
      vantage,
      reach: await reachFrom(cluster, cluster.acts(vantage), host, silenceSeconds),
    })),
  )
  const from = (...answers: readonly (Reach | undefined)[]) =>
    heard.flatMap(({vantage, reach}) => (answers.includes(reach) ? [vantage] : []))
  return {hearing: from('open', 'refused'), silentFrom: from('silent', 'unreachable')}
}

/** What is wrong when a switch says off and somebody still gets an answer from the host. */
export function contradiction(host: string, said: string, vantages: readonly string[]) {
  return {
    message: `The power switch of ${host} says "${said}", but ${vantages.join(', ')} still get${vantages.length === 1 ? 's' : ''} an answer from it.`,
    hint: 'Nothing was promoted. See which machine the switch belongs to (fence.power): pp config explain',
  }
}
