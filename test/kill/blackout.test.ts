// Scenario: a blackout. The last primary gets its power back before the others, asks a majority that is not there, and stays
// read-only; when the others are back, every member is a standby and nobody may decide by itself. pp db open does: it looks at
// all of them, asks for the name, and promotes the most advanced: exit 0, nothing lost. A member that does not answer is given
// up by name or nothing is touched: exit 3, then 11.
// Incident behind it: a UPS test, and an operator who removed standby.signal on the member that was 40 minutes behind.
import {expect, test} from '@jest/globals'
import {setTimeout as sleep} from 'node:timers/promises'

import {freeze, mend} from '../../src/lib/lab/index.ts'
import {expectDone} from '../in-lab/ended.ts'
import {blackout} from '../in-lab/blackout.ts'
import {checked, databaseNow, sound} from '../in-lab/fleet-state.ts'
import {lab, onHost, sqlOn, useLab} from '../in-lab/lab.ts'
import {startClients} from '../in-lab/load.ts'
import {failOver, pp} from '../in-lab/pp.ts'
import {failureOf, reportOf} from '../in-lab/report.ts'

useLab()

const open = (options: Parameters<typeof pp>[1] = {}, ...more: string[]) =>
  pp(['db', 'open', '--confirm', 'main', '--json', ...more], options)

test('the most advanced member becomes primary when its name is typed, and nothing is lost: exit 0', async () => {
  const load = await startClients()
  await sleep(1000)
  await blackout()
  const gate = await onHost('db1', 'journalctl', '-b', '-o', 'cat', '-u', 'postgresql@15-main.service')
  expect(gate).toMatch(/read-only: no majority answers .*pp db open/)
  expect(failureOf(await failOver()).error).toMatchObject({
    code: 'NO_PRIMARY',
    hint: 'Open the most advanced member: pp db open main',
  })
  expect((await pp(['db', 'open', '--json'])).exitCode).toBe(2)
  expect((await databaseNow()).members.filter(({writable}) => writable === true)).toEqual([])

  const ended = await open()
  await sleep(1000)
  const verdict = await load.stop()
  expectDone(ended)
  const report = reportOf(ended)
  expect(report).toMatchObject({timeline: {before: 1, after: 2}, loss: {proven: true, bytes: 0}})
  expect(verdict).toMatchObject({lost: 0, duplicated: 0, writable: [report.to]})
  expect(await checked()).toMatchObject(sound)
  expect(JSON.parse((await open()).stdout)).toMatchObject({outcome: 'done', already: true})
})

test('a member that does not answer is given up by name, or nothing is touched: exit 3, then 11', async () => {
  await blackout()
  await freeze(lab, 'db3')
  const before = await Promise.all(['db1', 'db2'].map((host) => sqlOn(host, 'show primary_conninfo')))
  const refused = failureOf(await open())
  expect(refused).toMatchObject({exitCode: 3, error: {code: 'MEMBERS_MISSING'}})
  expect(refused.error.message).toMatch(
    /db3 does not answer, and nothing proves that it does not write\. At risk/,
  )
  expect(refused.error.hint).toContain('pp db open main --without db3')
  expect(await Promise.all(['db1', 'db2'].map((host) => sqlOn(host, 'show primary_conninfo')))).toEqual(
    before,
  )

  const ended = await open({}, '--without', 'db3')
  expect(reportOf(ended)).toMatchObject({exitCode: 11, to: 'db1'})
  expect(reportOf(ended).findings.join()).toContain('db3 does not stream from db1')
  await mend(lab, 'db3')
})
