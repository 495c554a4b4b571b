import {setTimeout as sleep} from 'node:timers/promises'
import {uptime} from 'node:os'
import * as z from 'zod'

import {removeCopy} from '../drivers/kubernetes/journal-copy.ts'
import {readLease, writeLease, type LeaseState} from '../drivers/kubernetes/lease.ts'
import type {ClusterWriter} from '../drivers/kubernetes/types.ts'
import {lockedError, type PpError} from '../errors.ts'
import {chainInClusters, copyToClusters, type ClusterCopies} from './cluster-copies.ts'
import {readableRecords} from './journal.ts'
import {heldError, type Lease} from './lock.ts'
import {currentOperator, isCertainlyDead} from './operator.ts'
import type {Keeper, LockRequest} from './types.ts'

/** A cluster that keeps the lock and the copies of the journal of a service, in the service's own namespace. */
export interface KeepingCluster {
  readonly name: string
  readonly namespace: string
  readonly api: ClusterWriter
}

/** What is locked: its name in messages and journals, and that of its Leases. */
export interface LeasedTarget {
  readonly target: string
  readonly lease: string
}

const holderSchema = z.object({
  operation: z.string(),
  step: z.string(),
  owner: z.string(),
  operatorHost: z.string(),
  operatorBootId: z.string(),
  pid: z.number(),
})
type Holder = z.infer<typeof holderSchema>

/**
 * Clusters as keepers of a target's lock: a Lease in each of them, taken in the order of their names, so that two operators
 * never wait for each other. Each change has the version that was read as its precondition, and whoever takes a Lease raises
 * its `leaseTransitions`, so that a holder that was asleep finds out at its next renewal. Times are the API servers' own.
 */
export function keptByClusters(about: LeasedTarget, clusters: readonly KeepingCluster[]): Keeper {
  const ordered = clusters.toSorted((one, other) => (one.name < other.name ? -1 : 1))
  let copies: ClusterCopies | undefined
  return {
    acquire: (request) => acquire(about, ordered, request),
    async mayBeLocked(operation) {
      const looks = await Promise.allSettled(ordered.map((cluster) => look(about, cluster)))
      return looks.some((one) => one.status === 'rejected' || one.value.holder?.operation === operation)
    },
    chain: (operation) => chainInClusters(operation, ordered),
    knowsBefore: true,
    copies(journal, gatherMs) {
      copies = copyToClusters(journal, ordered, about.lease, gatherMs)
      return copies
    },
    async forget(operation) {
      await copies?.stop()
      await Promise.allSettled(ordered.map(({namespace, api}) => removeCopy(api, {namespace, operation})))
    },
  }
}

/**
 * Says who changes a target now, before its state is judged.
 *
 * @throws PpError TARGET_LOCKED, OPERATION_UNFINISHED (6).
 */
export async function refuseWhileLeased(
  about: LeasedTarget,
  clusters: readonly KeepingCluster[],
): Promise<void> {
  for (const cluster of clusters) {
    const held = await look(about, cluster)
    if (held.holder && !(await hasEnded(held, clusters)))
      throw heldError(about, held.holder, held.leftSeconds)
  }
}

/** A Lease that could not be given back, its cluster being silent at the end, is in nobody's way. */
async function hasEnded(
  {holder, leftSeconds}: LeaseState<Holder>,
  clusters: readonly KeepingCluster[],
): Promise<boolean> {
  if (!holder || (leftSeconds > 0 && !isCertainlyDead(holder))) return false
  const lines = await chainInClusters(holder.operation, clusters)
  return lines !== undefined && readableRecords(lines).some(({type}) => type === 'closed')
}

const look = ({lease}: LeasedTarget, {namespace, api}: KeepingCluster): Promise<LeaseState<Holder>> =>
  readLease(api, {namespace, name: lease}, holderSchema)

const attempts = 5

async function acquire(
  about: LeasedTarget,
  clusters: readonly KeepingCluster[],
  request: LockRequest,
): Promise<Lease> {
  for (let attempt = 1; ; attempt++) {
    const outcome = await tryAll(about, clusters, request)
    if ('lease' in outcome) return outcome.lease
    const {held} = outcome
    if (held?.holder) {
      if (!request.mayTakeOver || held.holder.operation !== request.operation)
        throw heldError(about, held.holder, held.leftSeconds)
      const {owner} = held.holder
      request.onWait?.(`waiting for the lease of ${owner}: ${Math.ceil(held.leftSeconds)} s`)
      await sleep(Math.min(1, Math.max(0.1, held.leftSeconds)) * 1000)
      attempt--
    } else if (attempt === attempts) throw contended(about)
    else await sleep(100 + Math.random() * 400)
  }
}

type Tried = {readonly lease: Lease} | {readonly held: LeaseState<Holder> | undefined}

async function tryAll(
  about: LeasedTarget,
  clusters: readonly KeepingCluster[],
  request: LockRequest,
): Promise<Tried> {
  const looks = await Promise.all(clusters.map((cluster) => look(about, cluster)))
  for (const held of looks) if (!(await isFree(held, clusters, request))) return {held}
  const token = Math.max(0, ...looks.map((one) => one.token)) + 1
  const startedAt = uptime()
  const holder: Holder = {operation: request.operation, step: 'locked', ...currentOperator()}
  const taken: Taken[] = []
  const giveBack = () => (request.mayTakeOver ? Promise.resolve() : release(about, taken, token, request))
  for (const [index, cluster] of clusters.entries()) {
    const {version} = looks[index] ?? {version: undefined}
    try {
      const place = {namespace: cluster.namespace, name: about.lease, version}
      const written = await writeLease(cluster.api, place, changeOf(holder, token, request))
      if (written === 'conflict') {
        await giveBack()
        return {held: undefined}
      }
      taken.push({cluster, version: written.version})
    } catch (error) {
      await giveBack()
      throw error
    }
  }
  const takenOver = looks.find(({holder: before}) => before?.operation === request.operation)?.holder
  return {lease: keepLeases(about, taken, {token, request, holder, startedAt, takenOver})}
}

async function isFree(
  held: LeaseState<Holder>,
  clusters: readonly KeepingCluster[],
  {operation, mayTakeOver}: LockRequest,
): Promise<boolean> {
  const {holder, leftSeconds} = held
  if (!holder) return true
  if (holder.operation === operation && mayTakeOver)
    return leftSeconds <= 0 || isCertainlyDead(holder) || isOwn(holder)
  return hasEnded(held, clusters)
}

/** After a pause this process finds its own Lease again. */
const isOwn = ({pid, operatorHost, operatorBootId}: Holder): boolean => {
  const own = currentOperator()
  return pid === own.pid && operatorHost === own.operatorHost && operatorBootId === own.operatorBootId
}

const changeOf = (holder: Holder | undefined, token: number, {operation, leaseSeconds}: LockRequest) => ({
  holder,
  identity: `${operation} ${holder?.owner ?? ''}`,
  token,
  leaseSeconds,
})

interface Taken {
  readonly cluster: KeepingCluster
  version: string
}

interface Granted {
  readonly token: number
  readonly request: LockRequest
  readonly holder: Holder
  readonly startedAt: number
  readonly takenOver: Holder | undefined
}

function keepLeases(about: LeasedTarget, taken: readonly Taken[], granted: Granted): Lease {
  const {token, request, holder, startedAt, takenOver} = granted
  const {leaseSeconds} = request
  let step = holder.step
  const renewedAt = new Map(taken.map(({cluster}) => [cluster.name, startedAt]))
  let isLost = false
  let underWay: Promise<unknown> = Promise.resolve()
  const renewOne = async (one: Taken) => {
    const asked = uptime()
    const place = {namespace: one.cluster.namespace, name: about.lease, version: one.version}
    const written = await writeLease(one.cluster.api, place, changeOf({...holder, step}, token, request))
    if (written !== 'conflict') one.version = written.version
    else {
      const now = await look(about, one.cluster)
      // Its answer to an earlier renewal was lost: the Lease is ours in a version that was not heard of.
      if (now.version === undefined || now.token !== token || now.holder?.operation !== request.operation) {
        isLost = true
        return
      }
      one.version = now.version
    }
    renewedAt.set(one.cluster.name, asked)
  }
  const timer = setInterval(
    () => {
      underWay = Promise.allSettled(taken.map((one) => renewOne(one)))
    },
    (leaseSeconds * 1000) / 3,
  )
  const oldest = () => Math.min(...renewedAt.values())
  const stop = async () => {
    clearInterval(timer)
    await underWay
  }
  return {
    token,
    takenOver,
    isFresh: () => !isLost && uptime() - oldest() < (leaseSeconds * 2) / 3,
    leftSeconds: () => (isLost ? 0 : oldest() + leaseSeconds - uptime()),
    setStep(name) {
      step = name
    },
    raise: () => Promise.resolve(),
    async release() {
      await stop()
      if (!isLost) await release(about, taken, token, request)
    },
    abandon() {
      clearInterval(timer)
    },
  }
}

/** One that cannot be given back runs out, and is told from an unfinished one by the journal. */
async function release(
  {lease}: LeasedTarget,
  taken: readonly Taken[],
  token: number,
  request: LockRequest,
): Promise<void> {
  await Promise.allSettled(
    taken.map(({cluster: {namespace, api}, version}) =>
      writeLease(api, {namespace, name: lease, version}, changeOf(undefined, token, request)),
    ),
  )
}

function contended({target}: LeasedTarget): PpError {
  return lockedError('TARGET_CONTENDED', {
    message: `${target}: others change its lease at the same time; it was not had in ${attempts} tries.`,
    hint: 'pp op list',
  })
}
