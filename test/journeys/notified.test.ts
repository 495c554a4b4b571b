// Scenario: the fleet file names who is told of operations: the team's chat, and a pager. They hear of a change as it comes:
// start, point of no return, end; or that it is put back; or that pp has died in the middle and its lock runs out. A chat that
// hangs holds nothing up: exit 0 all the same, and pp says afterwards who was not told.
// Incident behind it: an operator's laptop went to sleep during a failover, and nobody else knew that one had been begun.
import {afterEach, beforeEach, expect, test} from '@jest/globals'
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'

import {fleetFile} from '../in-lab/fleet-file.ts'
import {useLab} from '../in-lab/lab.ts'
import {startClients} from '../in-lab/load.ts'
import {change, changeUntil, pp} from '../in-lab/pp.ts'
import {reportOf} from '../in-lab/report.ts'

useLab()

const sentinel = 'k3ep-th1s-secret'
let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pp-notified-'))
})
afterEach(() => rm(folder, {recursive: true}))

test('a pager hears start, point of no return and end; a chat that hangs holds nothing up: exit 0', async () => {
  const chat = createServer(() => undefined)
  await new Promise<void>((resolve) => chat.listen(0, '127.0.0.1', resolve))
  await writeFile(
    join(folder, 'chat'),
    `http://127.0.0.1:${(chat.address() as AddressInfo).port}/${sentinel}`,
    {
      mode: 0o600,
    },
  )
  const load = await startClients()
  const ended = await change({
    env: await withHooks(`chat: {webhook: 'file:${join(folder, 'chat')}', timeoutSeconds: 2s}`),
  })
  const verdict = await load.stop()
  chat.closeAllConnections()
  chat.close()

  const {operation} = reportOf(ended)
  expect(ended.exitCode).toBe(0)
  expect(verdict).toMatchObject({failed: 0, lost: 0, duplicated: 0, writable: ['db2']})
  const heard = await told(3)
  expect(heard).toMatchObject([
    {event: 'start', direction: 'forward', isContinued: false, from: 'db1', to: 'db2'},
    {event: 'point-of-no-return'},
    {event: 'end', outcome: 'done', exitCode: 0},
  ])
  for (const {operation: of, text} of heard) {
    expect(of).toEqual({id: operation.id, kind: 'database-switchover', target: 'main'})
    expect(text).toMatch(/^pixelpulse\/lab main: the planned change of primary from db1 to db2 /)
  }
  expect(ended.stderr.match(/^note: notify chat was not told.*no answer within 2 s$/gm)).toHaveLength(3)
  expect(ended.stdout + ended.stderr).not.toContain(sentinel)
})

test('a change that Ctrl-C puts back is told of as such: exit 130', async () => {
  const env = await withHooks()
  const operator = await changeUntil('after mask', env)
  operator.kill('SIGINT')
  operator.kill('SIGCONT')
  expect((await operator.ended).exitCode).toBe(130)
  expect(await told(3)).toMatchObject([
    {event: 'start'},
    {event: 'abort', why: 'SIGINT'},
    {event: 'end', outcome: 'undone', exitCode: 130},
  ])
})

test('a pp that has died in the middle is told of, and the abort that ends what it began', async () => {
  const env = await withHooks()
  expect((await pp(['config', 'notify', '--json'], {env})).exitCode).toBe(0)
  expect(await told(1)).toMatchObject([{event: 'test'}])

  expect((await change({env, failpoint: 'kill before promote'})).exitCode).toBe('SIGKILL')
  const [, , left] = await told(3)
  expect(left).toMatchObject({event: 'left'})
  expect(left?.text).toMatch(/was left in the middle by .*pp op abort 0/)

  expect((await pp(['op', 'abort', '--yes', '--json'], {env})).exitCode).toBe(0)
  expect((await told(5)).slice(3)).toMatchObject([
    {event: 'start', direction: 'back', isContinued: true},
    {event: 'end', outcome: 'done'},
  ])
})

const told = async (events: number) => {
  const heard = async () =>
    (await readFile(join(folder, 'pager'), 'utf8').catch(() => ''))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown> & {readonly text: string})
  for (const deadline = Date.now() + 10_000; (await heard()).length < events && Date.now() < deadline;)
    await sleep(100)
  return heard()
}

/** The bundled fleet with a pager that appends to a file, and what else is to be told. */
async function withHooks(more?: string): Promise<{PP_FLEET: string}> {
  const script = 'cat >> "$1"; echo >> "$1"'
  const pager = `pager: {command: [sh, -c, '${script}', sh, '${join(folder, 'pager')}']}`
  const hooks = ['notify:', pager, ...(more === undefined ? [] : [more])].join('\n  ')
  return {PP_FLEET: await fleetFile((yaml) => `${yaml}\n${hooks}\n`)}
}
