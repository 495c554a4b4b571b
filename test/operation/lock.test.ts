// The lock on voters that are played here: what stands in the way of whom, and what is left when something fails half way.
import {describe, expect, test} from '@jest/globals'

import type {Helper} from '../../src/lib/drivers/helper/types.ts'
import {acquireLock, mayBeLocked, refuseWhileLocked} from '../../src/lib/operation/lock.ts'

/** A voter as pp-host plays it, without its clock: a lease ends when the test says so. */
class Voter {
  readonly host: string
  highestToken = 0
  lock: {operation: string; token: number} | null = null
  isLeaseOver = false
  isSilent = false
  refuses: string | undefined

  constructor(host: string) {
    this.host = host
  }

  get helper(): Helper {
    return {
      host: this.host,
      call: (verb: string, args: {operation: string; token: number}) => {
        if (this.isSilent || this.refuses === verb) return Promise.reject(new Error(`no answer to ${verb}`))
        return Promise.resolve(this.#answer(verb, args))
      },
    } as unknown as Helper
  }

  #answer(verb: string, {operation, token}: {operation: string; token: number}): unknown {
    const {highestToken} = this
    if (verb === 'lock-read')
      return {
        highestToken,
        lock: this.lock && {...this.lock, owner: 'somebody', leaseEnd: this.isLeaseOver ? -1 : 60},
        bootSeconds: 0,
      }
    if (verb === 'lock') {
      this.lock = {operation, token}
      this.highestToken = token
    }
    if (verb === 'raise') this.highestToken = token
    if (verb === 'release') this.lock = null
    return {takenOver: null}
  }
}

const five = () => [1, 2, 3, 4, 5].map((n) => new Voter(`voter${n}`))
const helpers = (voters: readonly Voter[]) => voters.map(({helper}) => helper)

const lock = (voters: readonly Voter[], operation: string, more: object = {}) =>
  acquireLock({
    target: 'main',
    operation,
    leaseSeconds: 60,
    voters: helpers(voters),
    votersInAll: voters.length,
    touched: [],
    mayTakeOver: false,
    ...more,
  })

describe('a lock', () => {
  test('of an operation that has ended is in nobody’s way, though a voter was silent when it was released', async () => {
    const voters = five()
    const lease = await lock(voters, 'FIRST')
    const [silent] = voters
    if (silent) silent.isSilent = true
    await lease.release()
    if (silent) Object.assign(silent, {isSilent: false, isLeaseOver: true})
    expect(silent?.lock?.operation).toBe('FIRST')

    await expect(refuseWhileLocked('main', helpers(voters))).resolves.toBeUndefined()
    const next = await lock(voters, 'NEXT')
    expect(next.token).toBe(2)
    next.abandon()
  })

  test('of an operation that was interrupted stands in everybody’s way, also where only one of its voters answers', async () => {
    const voters = five()
    const lease = await lock(voters.slice(0, 3), 'FIRST', {votersInAll: 5})
    lease.abandon()
    for (const voter of voters) voter.isLeaseOver = true
    const answering = voters.slice(2)
    await expect(refuseWhileLocked('main', helpers(answering))).rejects.toMatchObject({
      code: 'OPERATION_UNFINISHED',
    })
    await expect(lock(answering, 'NEXT', {votersInAll: 5})).rejects.toMatchObject({
      code: 'OPERATION_UNFINISHED',
    })
  })

  test('that a resume could not get is still the lock of the unfinished operation everywhere', async () => {
    const voters = five()
    const lease = await lock(voters, 'FIRST')
    lease.abandon()
    for (const voter of voters) voter.isLeaseOver = true
    for (const voter of voters.slice(1)) voter.refuses = 'lock'
    await expect(lock(voters, 'FIRST', {mayTakeOver: true})).rejects.toThrow()
    await expect(refuseWhileLocked('main', helpers(voters))).rejects.toMatchObject({
      code: 'OPERATION_UNFINISHED',
    })
  })

  test('is given back when a host that the plan touches does not take the token', async () => {
    const voters = five()
    const member = new Voter('db1')
    member.refuses = 'raise'
    await expect(lock(voters, 'FIRST', {touched: [member.helper]})).rejects.toThrow('raise')
    expect(voters.map((voter) => voter.lock)).toEqual([null, null, null, null, null])
  })

  test('is had without a voter and a host that have lost their power since they were connected', async () => {
    const voters = five()
    const member = new Voter('db1')
    for (const host of [voters[0], member]) if (host) host.isSilent = true
    const lease = await lock(voters, 'FIRST', {touched: [member.helper]})
    expect(voters.map((voter) => voter.lock?.operation)).toEqual([undefined, ...Array(4).fill('FIRST')])
    lease.abandon()
  })

  test('is made known to hosts that were silent when it was taken, once they answer', async () => {
    const voters = five()
    const member = new Voter('db1')
    const silent = [...voters.slice(0, 1), member]
    for (const host of silent) host.isSilent = true
    const hosts = {voters: helpers(voters), touched: [member.helper]}
    const lease = await lock(voters, 'FIRST', hosts)
    await lease.raise(hosts)
    for (const host of silent) host.isSilent = false
    expect(silent.map(({highestToken}) => highestToken)).toEqual([0, 0])
    await lease.raise(hosts)
    expect(silent.map(({highestToken}) => highestToken)).toEqual([lease.token, lease.token])
    lease.abandon()
  })

  test('is not had when too few voters answer: they are named, nothing is locked', async () => {
    const voters = five()
    for (const voter of voters.slice(2)) voter.isSilent = true
    await expect(lock(voters, 'FIRST')).rejects.toMatchObject({code: 'VOTERS_MISSING'})
    expect(voters.map((voter) => voter.lock)).toEqual([null, null, null, null, null])
  })

  test('may still be there when a voter does not answer, so its journal is kept', async () => {
    const voters = five()
    const asked = {target: 'main', operation: 'FIRST', votersInAll: 5}
    expect(await mayBeLocked(asked, helpers(voters))).toBe(false)
    const [first] = voters
    if (first) first.isSilent = true
    expect(await mayBeLocked(asked, helpers(voters))).toBe(true)
  })

  test('says how long it holds at least, so that a late command can end with it', async () => {
    const lease = await lock(five(), 'FIRST')
    expect(lease.leftSeconds()).toBeGreaterThan(55)
    expect(lease.leftSeconds()).toBeLessThanOrEqual(60)
    lease.abandon()
  })
})
