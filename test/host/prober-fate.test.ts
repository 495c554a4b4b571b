// What the outside prober makes of a statement that ended badly: the very rules of test/drivers/application/fate.test.ts, with
// a stand-in for the server that says exactly what a pooler or server says.
import {afterEach, beforeEach, expect, jest, test} from '@jest/globals'
import {execFile} from 'node:child_process'
import {createServer, type AddressInfo, type Server, type Socket} from 'node:net'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {promisify} from 'node:util'

import {packageRoot} from '../../src/lib/package-root.ts'
import {describeWith} from '../drivers/servers/describe-with.ts'
import {python} from './helper-process.ts'

jest.setTimeout(60_000)
const psycopg = '/usr/lib/python3/dist-packages/psycopg2'

const message = (type: string, ...parts: readonly (string | Buffer)[]): Buffer => {
  const body = Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(`${part}\0`) : part)),
  )
  const head = Buffer.alloc(5)
  head.write(type)
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}
const parameters = Object.entries({
  client_encoding: 'UTF8',
  DateStyle: 'ISO, MDY',
  server_version: '15.0',
  standard_conforming_strings: 'on',
}).map(([name, value]) => message('S', name, value))
const ready = message('Z', Buffer.from('I'))
const welcome = Buffer.concat([message('R', Buffer.alloc(4)), ...parameters, ready])
const said = (severity: string, code: string, text: string): Buffer =>
  message('E', `S${severity}`, `C${code}`, `M${text}`, Buffer.alloc(1))

describeWith(['/usr/bin/python3', psycopg], 'what became of a row that was sent', () => {
  let server: Server
  let answer: (socket: Socket) => void
  let greeting: Buffer

  beforeEach(async () => {
    greeting = welcome
    server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', () => {
        socket.write(greeting)
        socket.once('data', () => answer(socket))
      })
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
  })
  afterEach(() => {
    server.close()
  })

  const script = `
import json, sys
sys.path.insert(0, sys.argv[1])
from pp_probe.clocks import moment
from pp_probe.markers import MarkerWriter
login = {'user': 'a', 'password': 'b', 'database': 'c', 'sslmode': 'disable'}
pooler = {'host': '127.0.0.1', 'address': '127.0.0.1', 'port': int(sys.argv[2])}
config = {'run': 'R', 'paceSeconds': 0.1, 'timeoutSeconds': 1, 'poolers': [pooler], 'login': login}
outcome = MarkerWriter(config, None).write(1, moment() + float(sys.argv[3]))
print(json.dumps([outcome['fate'], outcome['code']]))
`
  const outcome = async (seconds = 20): Promise<unknown> => {
    const folder = join(packageRoot, 'playbooks/ansible/roles/client/files')
    const {port} = server.address() as AddressInfo
    const argv = ['-IBc', script, folder, String(port), String(seconds)]
    return JSON.parse((await promisify(execFile)(python, argv)).stdout)
  }

  test.each([
    [
      'an ERROR of the statement rolled it back',
      'ERROR',
      '25006',
      'cannot execute INSERT in a read-only transaction',
      'failed',
    ],
    [
      'completion unknown is unknown also as an ERROR',
      'ERROR',
      '40003',
      'statement completion unknown',
      'unknown',
    ],
  ])('%s', async (_, severity, code, text, fate) => {
    answer = (socket) => socket.write(Buffer.concat([said(severity, code, text), ready]))
    expect(await outcome()).toEqual([fate, code])
  })

  const endings = {
    'at once': (socket: Socket, last: Buffer) => socket.end(last),
    'a moment later': (socket: Socket, last: Buffer) => {
      socket.write(last)
      void sleep(100).then(() => socket.end())
    },
  }
  test.each(
    [
      [
        'a shutdown in the middle leaves it open',
        '57P01',
        'terminating connection due to administrator command',
        'unknown',
      ],
      ['a server that PgBouncer lost leaves it open', '08P01', 'server conn crashed?', 'unknown'],
      ['what PgBouncer let wait for too long was never forwarded', '08P01', 'query_wait_timeout', 'failed'],
      [
        'nor what came while it could not log in',
        '08P01',
        'server login has been failing, try again later (server_login_retry)',
        'failed',
      ],
      ['nor what asks for a database that was taken out', '08P01', 'no such database: app', 'failed'],
      ['nor what asks for one that is disabled', '08P01', 'database "app" is disabled', 'failed'],
    ].flatMap(([name, code, text, fate]) =>
      Object.keys(endings).map((ending) => [name, ending, code, text, fate] as const),
    ),
  )('%s, when the connection ends %s', async (_, ending, code, text, fate) => {
    answer = (socket) => endings[ending as keyof typeof endings](socket, said('FATAL', code!, text!))
    const [found, foundCode] = (await outcome()) as [string, string]
    expect(found).toBe(fate)
    expect(['CONNECTION_LOST', code]).toContain(foundCode)
    if (fate === 'failed') expect(foundCode).toBe(code)
  })

  test('a connection that was reset leaves it open', async () => {
    answer = (socket) => socket.resetAndDestroy()
    expect(await outcome()).toEqual(['unknown', 'CONNECTION_LOST'])
  })

  test('no answer in time leaves it open', async () => {
    answer = () => undefined
    expect(await outcome(0.5)).toEqual(['unknown', 'NO_ANSWER'])
  })

  test('a login that is refused has sent nothing', async () => {
    greeting = said('FATAL', '08P01', 'server login has been failing, try again later (server_login_retry)')
    expect(await outcome()).toEqual(['failed', '08P01'])
  })

  test('a login that gets no answer has sent nothing', async () => {
    greeting = Buffer.alloc(0)
    expect(await outcome(0.5)).toEqual(['failed', 'CONNECT_TIMEOUT'])
  })

  test('a port that is closed has sent nothing', async () => {
    const {port} = server.address() as AddressInfo
    server.close()
    await new Promise((resolve) => server.once('close', resolve))
    server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const real = server.address.bind(server)
    server.address = () => ({...(real() as AddressInfo), port})
    expect(await outcome()).toEqual(['failed', 'ECONNREFUSED'])
  })
})
