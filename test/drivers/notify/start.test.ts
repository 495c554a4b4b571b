import {afterEach, beforeEach, describe, expect, test} from '@jest/globals'
import {execa} from 'execa'
import {existsSync, mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http'
import type {AddressInfo} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {fileURLToPath} from 'node:url'

import {startNotifier} from '../../../src/lib/drivers/notify/start.ts'
import type {Notification} from '../../../src/lib/drivers/notify/types.ts'
import {notifyEvents, type NotifyHook} from '../../../src/lib/fleet/types.ts'

const sentinel = 'k3ep-th1s-secret'
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pp-notify-'))
})
afterEach(() => rmSync(folder, {recursive: true}))

const notification = (event: string): Notification => ({
  schemaVersion: 1,
  event,
  text: `${event} of a test`,
  at: new Date().toISOString(),
})
const secret = (value: string) => ({reference: 'file:x', read: () => Promise.resolve(value)})
const hookOf = (parts: Partial<NotifyHook>): NotifyHook => ({
  name: 'pager',
  command: undefined,
  webhook: undefined,
  token: undefined,
  events: notifyEvents,
  timeoutSeconds: 5,
  ...parts,
})
/** Appends what it gets on stdin, one line a notification, to a file. */
const writer = (file: string) => ['sh', '-c', 'cat >> "$1"; echo >> "$1"', 'sh', file]
const eventsIn = (file: string): string[] =>
  existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => (JSON.parse(line) as Notification).event)
    : []

async function told(hooks: NotifyHook[], ...events: string[]) {
  const notifier = await startNotifier(hooks, notification('left'))
  for (const event of events) notifier.tell(notification(event))
  return notifier.close()
}

describe('a command', () => {
  test('gets each notification on its stdin, in order, and its arguments as they are', async () => {
    const file = join(folder, `$(touch ran); 'x`)
    expect(await told([hookOf({command: writer(file)})], 'start', 'point-of-no-return', 'end')).toEqual([])
    expect(eventsIn(file)).toEqual(['start', 'point-of-no-return', 'end'])
  })

  test('that leaves something in the background is done when it ends itself', async () => {
    const file = join(folder, 'told')
    const command = ['sh', '-c', 'cat >> "$1"; echo >> "$1"; sleep 20 & exit 0', 'sh', file]
    const before = performance.now()
    expect(await told([hookOf({command})], 'start', 'end')).toEqual([])
    expect(performance.now() - before).toBeLessThan(5000)
    expect(eventsIn(file)).toEqual(['start', 'end'])
  })

  test('is told only of the events it asks for', async () => {
    const file = join(folder, 'told')
    expect(
      await told([hookOf({command: writer(file), events: ['abort', 'end']})], 'start', 'abort', 'end'),
    ).toEqual([])
    expect(eventsIn(file)).toEqual(['abort', 'end'])
  })

  test.each([
    {
      what: 'fails',
      command: ['sh', '-c', 'echo no pager today >&2; exit 3'],
      why: 'ended with 3: no pager today',
    },
    {what: 'is not there', command: ['/no/such/pager'], why: 'no such program'},
    {
      what: 'hangs, and what it has started too,',
      command: ['sh', '-c', 'sleep 60; true'],
      why: 'no answer within 1 s',
    },
  ])('that $what is named, and others are told all the same', async ({command, why}) => {
    const file = join(folder, 'told')
    const hooks = [hookOf({command, timeoutSeconds: 1}), hookOf({name: 'other', command: writer(file)})]
    expect(await told(hooks, 'end')).toEqual([{hook: 'pager', event: 'end', why}])
    expect(eventsIn(file)).toEqual(['end'])
  })
})

describe('a webhook', () => {
  interface Request {
    readonly headers: IncomingMessage['headers']
    readonly body: Notification
  }
  let server: Server
  let requests: Request[]
  let answer: (response: ServerResponse, nth: number) => void
  beforeEach(async () => {
    requests = []
    answer = (response) => response.writeHead(204).end()
    server = createServer((request, response) => {
      const parts: Buffer[] = []
      request.on('data', (part: Buffer) => parts.push(part))
      request.on('end', () => {
        requests.push({
          headers: request.headers,
          body: JSON.parse(Buffer.concat(parts).toString()) as Notification,
        })
        answer(response, requests.length)
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  afterEach(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const hook = (parts: Partial<NotifyHook> = {}) => {
    const {port} = server.address() as AddressInfo
    return hookOf({webhook: secret(`http://127.0.0.1:${port}/${sentinel}`), ...parts})
  }

  test('gets each as the body of a POST, with the token', async () => {
    expect(await told([hook({token: secret(sentinel)})], 'start', 'end')).toEqual([])
    expect(requests.map(({body}) => body.event)).toEqual(['start', 'end'])
    expect(requests[0]?.headers).toMatchObject({
      'content-type': 'application/json',
      authorization: `Bearer ${sentinel}`,
    })
  })

  test('that fails for a moment is asked again', async () => {
    answer = (response, nth) => response.writeHead(nth < 3 ? 503 : 200).end()
    expect(await told([hook()], 'end')).toEqual([])
    expect(requests).toHaveLength(3)
  })

  test('that says no is not asked again, and neither address nor token is in what is said of it', async () => {
    answer = (response) => response.writeHead(404).end()
    const failures = await told([hook({token: secret(sentinel)})], 'end')
    expect(failures).toEqual([{hook: 'pager', event: 'end', why: 'it answered 404'}])
    expect(requests).toHaveLength(1)
  })

  test('that nobody serves is given up after its time', async () => {
    const unserved = hook({timeoutSeconds: 1})
    await new Promise((resolve) => server.close(resolve))
    const failures = await told([unserved], 'end')
    expect(failures).toEqual([{hook: 'pager', event: 'end', why: 'no connection (ECONNREFUSED)'}])
  })

  test('that hangs is given up with the time of the last, counted from when it happened', async () => {
    answer = () => undefined
    const notifier = await startNotifier([hook({timeoutSeconds: 2})], notification('left'))
    const before = performance.now()
    for (const event of ['start', 'point-of-no-return', 'end']) notifier.tell(notification(event))
    const failures = await notifier.close()
    expect(failures.map(({event}) => event)).toEqual(['start', 'point-of-no-return', 'end'])
    // One after the other they would take six seconds.
    expect(performance.now() - before).toBeLessThan(5000)
  })
})

test.each([
  {address: 'https://user:pw@chat/x', why: 'its webhook holds a password: use token'},
  {address: 'chat', why: 'its webhook is no http or https address'},
])('an address such as $address is said to be none, without being shown', async ({address, why}) => {
  expect(await told([hookOf({webhook: secret(address)})], 'end')).toEqual([
    {hook: 'pager', event: 'all', why},
  ])
})

test('a secret that cannot be read is said, and the other hooks are told', async () => {
  const file = join(folder, 'told')
  const unreadable = {reference: 'file:x', read: () => Promise.reject(new Error('it is not there'))}
  const hooks = [hookOf({webhook: unreadable}), hookOf({name: 'other', command: writer(file)})]
  expect(await told(hooks, 'end')).toEqual([{hook: 'pager', event: 'all', why: 'it is not there'}])
  expect(eventsIn(file)).toEqual(['end'])
})

describe('when pp is gone', () => {
  const program = fileURLToPath(new URL('told-and-gone.ts', import.meta.url))
  const leave = (file: string, ...events: string[]) =>
    execa(process.execPath, ['--disable-warning=ExperimentalWarning', program, file, ...events], {
      reject: false,
      env: {NODE_OPTIONS: ''},
    })

  test('in the middle, somebody is told', async () => {
    const file = join(folder, 'told')
    expect((await leave(file, 'start')).signal).toBe('SIGKILL')
    for (const deadline = Date.now() + 10_000; eventsIn(file).length < 2 && Date.now() < deadline;)
      await sleep(50)
    expect(eventsIn(file)).toEqual(['start', 'left'])
    const [, left = ''] = readFileSync(file, 'utf8').split('\n')
    expect(Date.parse((JSON.parse(left) as Notification).at)).toBeGreaterThan(Date.now() - 10_000)
  })

  test('at its end, or before it has begun, or when another pp goes on, nobody is', async () => {
    const [ended, refused, over] = [join(folder, 'ended'), join(folder, 'refused'), join(folder, 'over')]
    await leave(refused)
    await leave(over, 'start', 'taken-over')
    await leave(ended, 'start', 'end')
    for (const deadline = Date.now() + 10_000; eventsIn(ended).length < 2 && Date.now() < deadline;)
      await sleep(50)
    await sleep(500)
    expect(eventsIn(ended)).toEqual(['start', 'end'])
    expect(eventsIn(refused)).toEqual([])
    expect(eventsIn(over)).toEqual(['start'])
  })
})
