import {afterEach, beforeEach, expect, jest, test} from '@jest/globals'
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {writeFileSync} from 'node:fs'

import {HostFolder, type HelperProcess, lockArgs} from './helper-process.ts'

// A busy machine starts a program in seconds.
jest.setTimeout(60_000)

let host: HostFolder
let helper: HelperProcess

beforeEach(async () => {
  host = new HostFolder()
  helper = await host.helper()
})

afterEach(() => host.remove())

const pull = (number: number, changes: object = {}) => ({
  target: 'main',
  number,
  engaged: true,
  by: 'ann@laptop',
  why: 'checkout is slow',
  ...changes,
})
const read = async () => (await helper.done('lever-read', {target: 'main'})).lever

test('a lever that was never touched is none', async () => {
  expect(await read()).toBeNull()
})

test('says who has engaged it and why, and survives a boot', async () => {
  await helper.done('lever', pull(1))
  await helper.end()
  host.reboot()
  helper = await host.helper()
  expect(await read()).toEqual({
    number: 1,
    engaged: true,
    by: 'ann@laptop',
    why: 'checkout is slow',
    at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
  })
})

test('is engaged while somebody else holds the lock and an act runs', async () => {
  await helper.done('lock', lockArgs())
  const acting = spawn('flock', [
    '--no-fork',
    `${host.root}/run/pp/main.act.flock`,
    'sh',
    '-c',
    'echo held; exec sleep 30',
  ])
  await once(acting.stdout, 'data')
  await helper.done('lever', pull(1))
  expect(await read()).toMatchObject({engaged: true})
  expect(acting.exitCode).toBeNull()
  acting.kill('SIGKILL')
})

test('is changed by a higher number only; a request that comes late or second changes nothing', async () => {
  await helper.done('lever', pull(2))
  await helper.done('lever', pull(3, {engaged: false, why: 'all is well'}))
  for (const number of [1, 2, 3])
    expect(await helper.call('lever', pull(number))).toMatchObject({
      error: {code: 'LEVER_OLD', details: {lever: {number: 3, engaged: false}}},
    })
  expect(await read()).toMatchObject({number: 3, engaged: false, why: 'all is well'})
  expect(await helper.done('lever', pull(3, {engaged: false, why: 'all is well'}))).toMatchObject({
    lever: {number: 3},
  })
  await helper.done('lever', pull(9))
  expect(await read()).toMatchObject({number: 9, engaged: true})
})

test('of two that come at once the one is refused', async () => {
  const other = await host.helper()
  const answers = await Promise.all([
    helper.refusal('lever', pull(1)),
    other.refusal('lever', pull(1, {engaged: false, by: 'bob@desk'})),
  ])
  expect(answers.sort()).toEqual(['LEVER_OLD', 'done'])
})

test('that cannot be read is an error, never a released one', async () => {
  await helper.done('lever', pull(1))
  for (const garbage of ['', '{"engaged": false}', 'null']) {
    writeFileSync(host.state('lever/main.json'), garbage)
    expect(await helper.refusal('lever-read', {target: 'main'})).toBe('STATE_TORN')
    expect(await helper.refusal('lever', pull(2))).toBe('STATE_TORN')
  }
})

test.each([
  {name: 'no number', change: {number: 0}},
  {name: 'no reason', change: {why: ''}},
  {name: 'a line end in its reason', change: {why: 'a\nb'}},
  {name: 'a token', change: {token: 1}},
  {name: 'a word for engaged', change: {engaged: 'yes'}},
])('with $name is refused', async ({change}) => {
  expect(await helper.refusal('lever', pull(1, change))).toBe('BAD_REQUEST')
})
