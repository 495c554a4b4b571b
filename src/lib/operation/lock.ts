import {uptime} from 'node:os'
import {setTimeout as sleep} from 'node:timers/promises'

import {HelperRefusal} from '../drivers/helper/errors.ts'
import type {Helper} from '../drivers/helper/types.ts'
import type {LockState, VerbResult} from '../drivers/helper/verbs.ts'
import {lockedError, PpError} from '../errors.ts'
import {currentOperator, isCertainlyDead, type Operator} from './operator.ts'
import type {LockHosts, LockRequest} from './types.ts'

export interface LockOptions extends LockRequest {
  readonly target: string
  /** Helpers of the voters that answer. */
  readonly voters: readonly Helper[]
  /** How many voters the fleet file names: a majority of these is needed. */
  readonly votersInAll: number
  /** Other hosts the plan touches: their token is raised before the first act. */
  readonly touched: readonly Helper[]
}

/** A held lock. It renews itself; ask `isFresh` before every act. */
export interface Lease {
  readonly token: number
  /** Whose it was; for the journal. */
  readonly takenOver: object | undefined
  /** False after a pause of this process or of the network of two thirds of the lease. */
  isFresh: () => boolean
  /** How long the voters keep it at least, by this machine's clock; less than 0 when nobody has to keep it any more. */
  leftSeconds: () => number
  setStep: (step: string) => void
  /** Raises the token where it was not yet: who was silent when this was locked may answer by now. */
  raise: () => Promise<void>
  release: () => Promise<void>
  /** Stops renewing and leaves the lock to run out: the operation is unfinished. */
  abandon: () => void
}

export interface VotersLease extends Omit<Lease, 'raise'> {
  raise: (hosts: Pick<LockHosts, 'voters' | 'touched'>) => Promise<void>
}

/**
 * Locks a target on a majority of its voters and raises the token on every host that the plan touches.
 *
 * @throws PpError TARGET_LOCKED, OPERATION_UNFINISHED (6), VOTERS_MISSING (3).
 */
export async function acquireLock(options: LockOptions): Promise<VotersLease> {
  const majority = Math.floor(options.votersInAll / 2) + 1
  if (options.voters.length < majority) throw votersMissing(options, majority)
  for (let attempt = 1; ; attempt++) {
    const outcome = await tryLock(options, majority)
    if ('lease' in outcome) return outcome.lease
    if (!options.mayTakeOver && outcome.held) throw heldError(options, outcome.held, outcome.leftSeconds)
    if (outcome.held && options.mayTakeOver && outcome.leftSeconds > 0) {
      options.onWait?.(`waiting for the lease of ${outcome.held.owner}: ${Math.ceil(outcome.leftSeconds)} s`)
      await sleep(Math.min(1, outcome.leftSeconds) * 1000)
      attempt--
      continue
    }
    if (attempt === 3)
      throw outcome.held ? heldError(options, outcome.held, outcome.leftSeconds) : outcome.error
    await sleep(100 + Math.random() * 400)
  }
}

interface NotLocked {
  readonly held: LockState | undefined
  readonly leftSeconds: number
  readonly error: Error
}

async function tryLock(
  options: LockOptions,
  majority: number,
): Promise<{readonly lease: VotersLease} | NotLocked> {
  const {target, operation, leaseSeconds} = options
  const [asked, others] = await Promise.all([
    votesOf(options.voters, target),
    votesOf(options.touched, target),
  ])
  const token = Math.max(0, ...[...asked, ...others].map(({vote}) => vote.highestToken)) + 1
  const startedAt = uptime()
  const [voters, votes] = [asked.map(({helper}) => helper), asked.map(({vote}) => vote)]
  const touched = others.map(({helper}) => helper)
  if (voters.length < majority)
    return {held: undefined, leftSeconds: 0, error: votersMissing({...options, voters}, majority)}
  const foreign = standingLocks(votes).find(({lock}) => lock?.operation !== operation)
  if (foreign?.lock) return notLocked(foreign.lock, foreign.lock.leaseEnd - foreign.bootSeconds)

  const requests = voters.map((helper, index) => {
    const held = votes[index]?.lock
    const takeOver = held
      ? {takeOver: {operation: held.operation, token: held.token}, holderDead: isCertainlyDead(held)}
      : {}
    const {owner, operatorHost, operatorBootId, pid} = currentOperator()
    return helper.call('lock', {
      target,
      operation,
      token,
      leaseSeconds,
      owner,
      operatorHost,
      operatorBootId,
      pid,
      ...takeOver,
    })
  })
  const answers = await Promise.allSettled(requests)
  const granted = answers.flatMap((answer, index) =>
    answer.status === 'fulfilled' ? [{voter: voters[index], ...answer.value}] : [],
  )
  const giveBack = () =>
    // What a continued operation has begun still has to be seen by everybody.
    options.mayTakeOver
      ? Promise.resolve([])
      : Promise.allSettled(granted.map(async ({voter}) => voter?.call('release', {target, operation, token})))
  if (granted.length < majority) {
    await giveBack()
    const refusals = answers.flatMap((answer) =>
      answer.status === 'rejected' ? [answer.reason as unknown] : [],
    )
    const lock = votes.find((vote) => vote.lock)
    const isHeld = refusals.some((reason) => reason instanceof HelperRefusal && reason.code === 'LOCK_HELD')
    if (isHeld && lock?.lock) return notLocked(lock.lock, lock.lock.leaseEnd - lock.bootSeconds)
    return {
      held: undefined,
      leftSeconds: 0,
      error: refusals[0] instanceof Error ? refusals[0] : votersMissing(options, majority),
    }
  }
  try {
    await Promise.all(touched.map((helper) => helper.call('raise', {target, operation, token})))
  } catch (error) {
    await giveBack()
    throw error
  }
  const takenOver = granted.find((grant) => grant.takenOver)?.takenOver ?? undefined
  const told = new Set([...granted.map(({voter}) => voter?.host ?? ''), ...touched.map(({host}) => host)])
  return {lease: keepLease({...options, voters}, {token, majority, startedAt, takenOver, told})}
}

interface Granted {
  readonly token: number
  readonly majority: number
  readonly startedAt: number
  readonly takenOver: LockState | undefined
  /** Hosts that have the token. */
  readonly told: Set<string>
}

function keepLease(
  options: LockOptions,
  {token, majority, startedAt, takenOver, told}: Granted,
): VotersLease {
  const {voters, target, operation, leaseSeconds} = options
  let renewedAt = startedAt // of the request, not of the answer: the voter's clock started no later
  let step = 'locked'
  const renew = async () => {
    const asked = uptime()
    let answers = 0
    // As soon as a majority has answered: one that has died keeps silent until its time is over, and the lease
    // would be taken for lost meanwhile.
    await Promise.allSettled(
      voters.map(async (helper) => {
        await helper.call('renew', {target, operation, token, step}, {timeoutSeconds: leaseSeconds})
        answers++
        if (answers === majority) renewedAt = Math.max(renewedAt, asked)
      }),
    )
  }
  const timer = setInterval(() => void renew(), (leaseSeconds * 1000) / 3)
  return {
    token,
    takenOver,
    // os.uptime() counts a suspended machine's sleep too: a closed lid is a pause like any other.
    isFresh: () => uptime() - renewedAt < (leaseSeconds * 2) / 3,
    leftSeconds: () => renewedAt + leaseSeconds - uptime(),
    setStep: (name) => {
      step = name
    },
    raise: async (hosts) => {
      const missed = [...hosts.voters, ...hosts.touched].filter(({host}) => !told.has(host))
      await Promise.allSettled(
        missed.map(async (helper) => {
          await helper.call('raise', {target, operation, token}, {timeoutSeconds: 2})
          told.add(helper.host)
        }),
      )
    },
    release: async () => {
      clearInterval(timer)
      await Promise.allSettled(voters.map((helper) => helper.call('release', {target, operation, token})))
    },
    abandon: () => {
      clearInterval(timer)
    },
  }
}

/** A host may have lost its power since it was connected; one that is silent is left out, as it was before. */
async function votesOf(helpers: readonly Helper[], target: string) {
  const answers = await Promise.allSettled(
    helpers.map((helper) => helper.call('lock-read', {target}, {timeoutSeconds: 2})),
  )
  return answers.flatMap((answer, index) => {
    const helper = helpers[index]
    return helper && answer.status === 'fulfilled' ? [{helper, vote: answer.value}] : []
  })
}

type Vote = VerbResult['lock-read']

/**
 * Votes whose lock counts. A voter that was silent when the lock was released still has it; it is told by another one
 * that knows a greater token, or the same one released. An operation that has begun releases only at its end.
 */
function standingLocks(votes: readonly Vote[]): readonly Vote[] {
  return votes.filter(
    ({lock}) =>
      lock &&
      !votes.some(
        (other) => other.highestToken > lock.token || (other.highestToken === lock.token && !other.lock),
      ),
  )
}

function notLocked(held: LockState, leftSeconds: number): NotLocked {
  return {held, leftSeconds, error: new Error('held')}
}

/**
 * Says who changes a target now, before its state is judged: half-way through a change it fails checks that would send
 * the operator elsewhere.
 *
 * @throws PpError TARGET_LOCKED, OPERATION_UNFINISHED (6).
 */
export async function refuseWhileLocked(target: string, voters: readonly Helper[]): Promise<void> {
  const held = await standingLock(target, voters)
  if (held?.lock) throw heldError({target}, held.lock, held.lock.leaseEnd - held.bootSeconds)
}

/** Whose lock a target has, under way or left behind; undefined where none of the voters that answer knows one. */
export async function lockHolder(target: string, voters: readonly Helper[]): Promise<LockState | undefined> {
  return (await standingLock(target, voters))?.lock ?? undefined
}

async function standingLock(target: string, voters: readonly Helper[]): Promise<Vote | undefined> {
  const votes = (await votesOf(voters, target)).map(({vote}) => vote)
  return standingLocks(votes)[0]
}

/** Whether a voter has, or may have, a lock of an operation that has not acted. */
export async function mayBeLocked(
  {target, operation, votersInAll}: Pick<LockOptions, 'target' | 'operation' | 'votersInAll'>,
  voters: readonly Helper[],
): Promise<boolean> {
  const votes = (await votesOf(voters, target)).map(({vote}) => vote)
  return votes.length < votersInAll || votes.some(({lock}) => lock?.operation === operation)
}

/** Who holds a lock, and what that operation has come to. */
export type Holder = Omit<Operator, 'owner'> & {
  readonly owner: string
  readonly operation: string
  readonly step?: string | null | undefined
}

/** Why a target that somebody holds cannot be locked. @param leftSeconds of the holder's lease. */
export function heldError({target}: {readonly target: string}, held: Holder, leftSeconds: number): PpError {
  const step = held.step ? `, at ${held.step}` : ''
  if (leftSeconds <= 0 || isCertainlyDead(held)) {
    return lockedError('OPERATION_UNFINISHED', {
      message: `${target}: operation ${held.operation} of ${held.owner} was interrupted${step}.`,
      hint: `pp op resume ${held.operation}, or pp op abort ${held.operation}`,
    })
  }
  return lockedError('TARGET_LOCKED', {
    message: `${target} is being changed by ${held.owner} (operation ${held.operation}${step}).`,
    hint: `pp op show ${held.operation}; when its lease has ended, in ${Math.ceil(leftSeconds)} s: pp op resume ${held.operation}`,
  })
}

function votersMissing({target, voters, votersInAll}: LockOptions, majority: number): PpError {
  return new PpError('refused', 'VOTERS_MISSING', {
    message: `${target}: ${voters.length} of ${votersInAll} voters answer; ${majority} are needed to lock it.`,
    hint: 'pp status',
  })
}
