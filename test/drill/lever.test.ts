// The stop lever on voters that are played here: who sees it, and whose word counts.
import {describe, expect, test} from '@jest/globals'

import {HelperRefusal} from '../../src/lib/drivers/helper/errors.ts'
import type {Helper} from '../../src/lib/drivers/helper/types.ts'
import type {LeverRecord} from '../../src/lib/drivers/helper/verbs.ts'
import {readLever, setLever} from '../../src/lib/drill/lever/lever.ts'

/** A voter as pp-host plays it. */
class Voter {
  readonly host: string
  lever: LeverRecord | null = null
  isSilent = false
  /** What happens between its reading and its setting. */
  meanwhile: (() => void) | undefined

  constructor(host: string) {
    this.host = host
  }

  get helper(): Helper {
    const call = async (verb: string, args: Omit<LeverRecord, 'at'>) => {
      if (this.isSilent) throw new Error(`no answer from ${this.host}`)
      if (verb === 'lever-read') return {lever: this.lever}
      this.meanwhile?.()
      if (this.lever && this.lever.number >= args.number)
        throw new HelperRefusal(this.host, verb, 'LEVER_OLD', 'old', {lever: this.lever})
      const {number, engaged, by, why} = args
      this.lever = {number, engaged, by, why, at: '2026-01-01T00:00:00Z'}
      return {lever: this.lever}
    }
    return {host: this.host, call} as unknown as Helper
  }
}

const five = () => [1, 2, 3, 4, 5].map((n) => new Voter(`voter${n}`))
const place = (voters: readonly Voter[], target = 'main') => ({
  target,
  voters: voters.map(({helper}) => helper),
  votersInAll: voters.length,
})
const engage = {engaged: true, by: 'ann@laptop', why: 'checkout is slow'}
const release = {engaged: false, by: 'bob@desk', why: 'all is well'}
const silence = (...voters: (Voter | undefined)[]) => {
  for (const voter of voters) if (voter) voter.isSilent = true
}
const wake = (voters: readonly Voter[]) => {
  for (const voter of voters) voter.isSilent = false
}

describe('the stop lever', () => {
  test('is released where nobody has touched it', async () => {
    expect(await readLever(place(five()))).toEqual({state: 'released', record: undefined})
  })

  test('is engaged for everybody once it is set, with who and why', async () => {
    const voters = five()
    expect(await setLever(place(voters), engage)).toMatchObject({number: 1, ...engage})
    expect(await readLever(place(voters))).toMatchObject({state: 'engaged', record: engage})
    expect(await setLever(place(voters), release)).toMatchObject({number: 2})
    expect(await readLever(place(voters))).toMatchObject({state: 'released', record: release})
  })

  test('a voter that slept through a change brings nothing back', async () => {
    const voters = five()
    await setLever(place(voters), engage)
    silence(voters[0], voters[1])
    await setLever(place(voters), release)
    wake(voters)
    silence(voters[2], voters[3])
    expect(await readLever(place(voters))).toMatchObject({state: 'released'})
    await setLever(place(voters), engage)
    wake(voters)
    expect(await readLever(place(voters))).toMatchObject({state: 'engaged', record: {number: 3}})
  })

  test('is unknown while fewer than a majority answer: the others may have been told', async () => {
    const voters = five()
    await setLever(place(voters), release)
    silence(voters[0], voters[1], voters[2])
    expect(await readLever(place(voters))).toEqual({state: 'unknown', answered: 2})
  })

  test('that a minority has taken is not set, and where it engages it counts all the same', async () => {
    const voters = five()
    silence(voters[0], voters[1], voters[2])
    await expect(setLever(place(voters), engage)).rejects.toMatchObject({
      code: 'LEVER_NOT_SET',
      exitCode: 13,
      message: expect.stringContaining('2 of 5 voters'),
    })
    wake(voters)
    expect(await readLever(place(voters))).toMatchObject({state: 'engaged'})
  })

  test('that nobody has taken says so as a fleet that does not answer', async () => {
    const voters = five()
    silence(...voters)
    await expect(setLever(place(voters), engage)).rejects.toMatchObject({code: 'LEVER_NOT_SET', exitCode: 5})
  })

  test('set by two at once ends with one of them, the later', async () => {
    const voters = five()
    for (const voter of voters)
      voter.meanwhile = () => {
        voter.lever ??= {number: 1, ...release, at: '2026-01-01T00:00:00Z'}
      }
    expect(await setLever(place(voters), engage)).toMatchObject({number: 2, engaged: true})
    expect(await readLever(place(voters))).toMatchObject({state: 'engaged'})
  })

  test('split between two of the same number counts as engaged', async () => {
    const voters = five()
    voters.forEach((voter, index) => {
      voter.lever = {number: 4, ...(index === 3 ? engage : release), at: '2026-01-01T00:00:00Z'}
    })
    expect(await readLever(place(voters))).toMatchObject({state: 'engaged'})
  })
})
