import {expect} from '@jest/globals'
import {setTimeout as sleep} from 'node:timers/promises'

import {cut, mend, powerOff, powerOn} from '../../src/lib/lab/index.ts'
import type {LoadVerdict} from '../../src/lib/lab/load-verdict.ts'
import {failoverSteps, rejoinSteps} from '../fakes/lost-cluster.ts'
import {expectDone} from '../in-lab/ended.ts'
import {checked, settledDatabase, sound} from '../in-lab/fleet-state.ts'
import {lab, onHost, sqlOn, startAnew, untilStarted} from '../in-lab/lab.ts'
import {startClients} from '../in-lab/load.ts'
import {killServer} from '../in-lab/member.ts'
import {failOver, patiently, pp, type Ended, type PpOptions} from '../in-lab/pp.ts'

const env = {PP_VERIFY_SECONDS: '1'}

export interface Cell {
  readonly when: 'before' | 'after'
  readonly step: string
  readonly then: 'resume' | 'abort'
}

const both = (steps: readonly string[]) =>
  [...new Set(steps)].flatMap((step) => (['before', 'after'] as const).map((when) => ({when, step})))

/** Every place at which pp can die while it replaces db1, and while db1 comes back. */
export const failoverPlaces = both(failoverSteps())
export const rejoinPlaces = both(rejoinSteps())

const steps: readonly string[] = failoverSteps()

/** Which of the two `synchronous` steps comes first decides where a failpoint ends pp: the one before the promotion. */
const isPast = (milestone: string, {when, step}: Omit<Cell, 'then'>): boolean =>
  steps.indexOf(step) > steps.indexOf(milestone) || (step === milestone && when === 'after')

/**
 * db1's server dies under load; pp dies while it replaces it; a colleague continues or takes back. What was fenced is put
 * back in service; what pp had not touched stays as dead as it was, and is replaced anew.
 */
export async function killFailover({then, ...place}: Cell): Promise<void> {
  await startAnew()
  const load = await startClients()
  const isTakenBack = then === 'abort' && !isPast('promote', place)
  const isPutBack = isTakenBack && isPast('fence-lost', place)
  let verdict: LoadVerdict
  try {
    await killServer('db1')
    const died = await patiently(() =>
      failOver({failpoint: `kill ${place.when} ${place.step}`, env}, '--to', 'db2'),
    )
    expect({exitCode: died.exitCode, said: died.stdout + died.stderr}).toMatchObject({exitCode: 'SIGKILL'})
    const ended = await pp(['op', then, '--yes', '--json'], {env})
    expectDone(then === 'abort' && !isTakenBack ? await finishAfterRefusal(ended) : ended)
    if (isTakenBack && !isPutBack) {
      expect((await settledDatabase()).members.filter(({writable}) => writable === true)).toEqual([])
      expectDone(await patiently(() => failOver({env}, '--to', 'db2')))
    }
    await sleep(200)
  } finally {
    verdict = await load.stop()
  }
  await expectOne(isPutBack ? 'db1' : 'db2', verdict)
}

/**
 * db1 has rows that nobody else has, and comes back after its host was off; pp dies on the way. There is no way back from
 * that, so both lead forward: what was given up is begun again.
 */
export async function killRejoin({when, step, then}: Cell): Promise<void> {
  await startAnew()
  await cut(lab, 'db1', ['db2', 'db3'])
  await sqlOn(
    'db1',
    `set synchronous_commit = local; insert into pp.probe (writer, n) values ('only here', 1)`,
  )
  await powerOff(lab, 'db1')
  expectDone(await patiently(() => failOver({env}, '--to', 'db2')))
  await mend(lab, 'db1')
  await powerOn(lab, 'db1')
  await untilStarted('db1')
  const load = await startClients()
  let verdict: LoadVerdict
  try {
    const died = await rejoin({failpoint: `kill ${when} ${step}`, env})
    expect({exitCode: died.exitCode, said: died.stdout + died.stderr}).toMatchObject({exitCode: 'SIGKILL'})
    const ended = await pp(['op', then, '--yes', '--json'], {env})
    if (then === 'resume') expectDone(ended)
    else {
      // Degraded while it is not back.
      expect([0, 11]).toContain(ended.exitCode)
      expectDone(await rejoin({env}))
    }
    await sleep(200)
  } finally {
    verdict = await load.stop()
  }
  await expectOne('db2', verdict)
  expect(await checked()).toMatchObject(sound)
  const {members} = await settledDatabase()
  expect(members.filter(({host}) => host !== 'db2').map(({upstream}) => upstream)).toEqual(['db2', 'db2'])
  expect(await sqlOn('db1', 'select pg_is_in_recovery()')).toBe('t')
  expect(await sqlOn('db1', `select count(*) from pp.probe where writer = 'only here'`)).toBe('0')
  expect(await onHost('db1', 'sh', '-c', 'cat /var/lib/postgresql/15/main.diverged-*/summary.json')).toMatch(
    /"commits": [1-9]/,
  )
}

const rejoin = (options: PpOptions) =>
  patiently(() => pp(['db', 'rejoin', 'db1', '--yes', '--json'], options))

async function finishAfterRefusal(abort: Ended): Promise<Ended> {
  expect({exitCode: abort.exitCode, said: abort.stdout}).toMatchObject({
    exitCode: 3,
    said: expect.stringContaining('ALREADY_PROMOTED') as unknown,
  })
  return pp(['op', 'resume', '--yes', '--json'], {env})
}

async function expectOne(primary: string, verdict: LoadVerdict): Promise<void> {
  expect(verdict).toMatchObject({lost: 0, duplicated: 0, failedPresent: 0, writable: [primary]})
  const {members, poolers} = await settledDatabase()
  expect(members.filter((member) => member.writable).map(({host}) => host)).toEqual([primary])
  expect(poolers.map(({target, paused}) => [target, paused])).toEqual(poolers.map(() => [primary, false]))
}
