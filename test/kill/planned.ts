import {expect} from '@jest/globals'
import {setTimeout as sleep} from 'node:timers/promises'

import type {SwitchoverStep} from '../../src/lib/database/types.ts'
import {powerOff, powerOn} from '../../src/lib/lab/index.ts'
import type {LoadVerdict} from '../../src/lib/lab/load-verdict.ts'
import {plannedSteps} from '../fakes/cluster-state.ts'
import {expectDone} from '../in-lab/ended.ts'
import {checked, databaseNow, settledDatabase, sound} from '../in-lab/fleet-state.ts'
import {fleetOfLab, lab, onHost, startAnew} from '../in-lab/lab.ts'
import {startClients} from '../in-lab/load.ts'
import {change, changeUntil, pp, type Ended, type Move} from '../in-lab/pp.ts'

/** Every step that a planned change of primary in the lab writes into its journal, in their order. */
export const steps: readonly StepKind[] = plannedSteps()
type StepKind = SwitchoverStep['kind']

/** Every place at which pp can die. */
export const places = steps.flatMap((step) => (['before', 'after'] as const).map((when) => ({when, step})))

/** The verdict is looked at again after a second only, so that all cells together stay within 20 minutes. */
const env = {PP_VERIFY_SECONDS: '1'}

export interface Cell {
  readonly when: 'before' | 'after'
  readonly step: StepKind
  readonly then: 'resume' | 'abort'
}

/** After this nothing leads back: aborting has to say so and change nothing. */
const isPromoted = ({when, step}: Omit<Cell, 'then'>): boolean =>
  steps.indexOf(step) > steps.indexOf('promote') || (step === 'promote' && when === 'after')

/**
 * Where the last cell has left the primary, at first where useLab has; unknown while a cell runs, so that one that failed
 * leaves nothing to the next.
 */
let primary: string | undefined = 'db1'

/** Who has been a standby has its way back prepared, so that only a change from the first state has this step. */
const firstStep: StepKind = 'prepare-return'

/**
 * The change a cell makes: to and fro between db1 and db2 while all goes well, as bringing the lab's first state back takes
 * longer than a change.
 */
async function begin(step: StepKind): Promise<Move> {
  const isAnew = primary === undefined || step === firstStep
  if (isAnew) await startAnew()
  const move = !isAnew && primary === 'db2' ? {from: 'db2', to: 'db1'} : {from: 'db1', to: 'db2'}
  primary = undefined
  return move
}

/** Kills pp at one place of a change under load, continues it, and checks what has to hold in the end. */
export async function killThen({when, step, then}: Cell): Promise<void> {
  const move = await begin(step)
  const load = await startClients()
  let verdict: LoadVerdict
  let ended: Ended
  try {
    expect((await change({failpoint: `kill ${when} ${step}`, env}, move)).exitCode).toBe('SIGKILL')
    ended = await pp(['op', then, '--yes', '--json'], {env})
    await sleep(200)
  } finally {
    verdict = await load.stop()
  }
  const isForward = then === 'resume' || isPromoted({when, step})
  const expected = then === 'abort' && isForward ? await finishAfterRefusedAbort(ended) : ended
  expectDone(expected)
  const now = isForward ? move.to : move.from
  await expectSound(now, verdict)
  primary = now
}

/** An abort that comes after the promotion is refused with exit 3, and the way on is a resume. */
async function finishAfterRefusedAbort(abort: Ended): Promise<Ended> {
  expect({exitCode: abort.exitCode, said: abort.stdout}).toMatchObject({
    exitCode: 3,
    said: expect.stringContaining('ALREADY_PROMOTED') as unknown,
  })
  return pp(['op', 'resume', '--yes', '--json'], {env})
}

/** From here on until writes flow again, a candidate or a pooler that vanishes is in the middle of something. */
export const windowSteps = steps.slice(steps.indexOf('arm'), steps.indexOf('route') + 1)

/** Powers a host off right after one step of a change under load, without a word to pp, and on again. */
export async function powerOffAfter(step: StepKind, whose: keyof Move | 'pooler'): Promise<void> {
  const move = await begin(step)
  const host = whose === 'pooler' ? 'edge1' : move[whose]
  const load = await startClients()
  let verdict: LoadVerdict
  try {
    const operator = await changeUntil(`after ${step}`, env, move)
    await powerOff(lab, host)
    operator.kill('SIGCONT')
    const {exitCode, stdout} = await operator.ended
    // What it may say: done or degraded, or a human; put back only with the lost host named, which is not as it was before.
    expect([0, 11, 12, 13]).toContain(exitCode)
    if (exitCode === 12)
      expect((JSON.parse(stdout) as {findings: readonly string[]}).findings.join()).toContain(host)
    await noPoolerStaysPaused()
    await powerOn(lab, host)
    if (whose !== 'pooler') await untilSettled(host)
    // Degraded while a standby still tries to reach a primary that was off a moment ago, and where clients were kept from writing; put
    // back where transactions that hang on a connection of before the loss keep a pooler from pausing.
    const resumed = exitCode === 13 ? await pp(['op', 'resume', '--yes', '--json'], {env}) : undefined
    const isPutBack = resumed?.exitCode === 12 && resumed.stdout.includes('"PAUSE_TIMED_OUT"')
    if (resumed && !isPutBack && ![0, 11].includes(resumed.exitCode as number))
      throw new Error(`pp op resume ended with ${resumed.exitCode}: ${resumed.stdout}${resumed.stderr}`)
    await sleep(200)
  } finally {
    verdict = await load.stop()
  }
  expect(verdict).toMatchObject({lost: 0, duplicated: 0})
  const {members, poolers} = await settledDatabase()
  expect(members.filter((member) => member.writable)).toHaveLength(1)
  expect(poolers.filter((pooler) => pooler.paused)).toEqual([])
  const {from, to} = move
  const now = members.find(({writable}) => writable)?.host
  const follow = members.filter(({host: one, upstream}) => one !== now && upstream === now)
  // A host that was lost may have to be brought back by a rejoin, which is another story.
  if ((now === from || now === to) && follow.length === 2 && (await checked()).exitCode === 0) primary = now
}

async function expectSound(primary: string, verdict: LoadVerdict): Promise<void> {
  expect(verdict).toMatchObject({lost: 0, duplicated: 0, failedPresent: 0, writable: [primary]})
  expect(await checked()).toMatchObject(sound)
  const {members} = await settledDatabase()
  const followers = members.filter((member) => member.host !== primary)
  expect(followers.map((member) => member.upstream)).toEqual([primary, primary])
}

/** Clients are held no longer than the guards' hard limit, whoever is left to end it. */
async function noPoolerStaysPaused(): Promise<void> {
  const {databases} = fleetOfLab()
  const deadline = Date.now() + (databases[0]?.clientTimeoutSeconds ?? 0) * 1000
  for (;;) {
    const held = (await databaseNow()).poolers.filter((pooler) => pooler.paused)
    if (held.length === 0) return
    if (Date.now() > deadline) throw new Error(`still paused: ${JSON.stringify(held)}`)
    await sleep(500)
  }
}

/** Until its PostgreSQL is up, or stays down because pp has masked it; a boot gate may keep it from starting as well. */
async function untilSettled(host: string): Promise<void> {
  for (const deadline = Date.now() + 10_000; Date.now() < deadline;) {
    const shown = await onHost(
      host,
      'systemctl',
      'show',
      '--property=LoadState,ActiveState',
      'postgresql@15-main',
    )
    if (/LoadState=masked|ActiveState=active/.test(shown)) return
    await sleep(200)
  }
}
