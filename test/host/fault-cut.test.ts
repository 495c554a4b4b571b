// A host whose cable is cut: real nftables in a network namespace, with two addresses on the other end of its only link.
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test} from '@jest/globals'
import {type ChildProcessWithoutNullStreams, execFileSync, spawn, spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {existsSync} from 'node:fs'
import {createInterface} from 'node:readline'
import {setTimeout as sleep} from 'node:timers/promises'

import {act, HostFolder, type HelperProcess} from './helper-process.ts'

const isPossible = process.getuid?.() === 0 && existsSync('/usr/sbin/nft') && existsSync('/usr/sbin/ip')
if (!isPossible) console.warn('SKIPPED: a cut is tried with ip and nft, as root')
const suite = isPossible ? describe : describe.skip

// A busy machine starts a program in seconds.
jest.setTimeout(60_000)

const here = `pp-here-${process.pid}`
const there = `pp-there-${process.pid}`
const inside = (space: string) => ['nsenter', `--net=/run/netns/${space}`, '--']
const ip = (...words: readonly string[]) => execFileSync('ip', words)
const neighbours = ['10.99.7.2', '10.99.7.3'] as const

let host: HostFolder
let helper: HelperProcess
let server: ChildProcessWithoutNullStreams

const inPython = (space: string, script: string) => {
  const [first, ...rest] = [...inside(space), 'python3', '-c', script]
  return spawn(first, rest)
}

/** Sends back each line that it gets, to any number of clients. */
const echo = `import socketserver
class Echo(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(line)
socketserver.ThreadingTCPServer.allow_reuse_address = True
with socketserver.ThreadingTCPServer(('', 7), Echo) as server:
    print('listening', flush=True)
    server.serve_forever()`

/** One connection for its whole life: says for each line that it reads whether the other end has answered in time. */
const client = (address: string) => `import socket, sys
connection = socket.create_connection(('${address}', 7), 5)
print('connected', flush=True)
for line in sys.stdin:
    connection.settimeout(0.7)
    try:
        connection.send(line.encode())
        print(connection.recv(100) and 'answered', flush=True)
    except TimeoutError:
        print('silent', flush=True)`

const answers = (address: string) =>
  spawnSync('nsenter', [...inside(here).slice(1), 'ping', '-n', '-c', '1', '-W', '0.5', address]).status === 0

suite('a cut', () => {
  beforeAll(async () => {
    for (const space of [here, there]) ip('netns', 'add', space)
    ip('-n', here, 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', there)
    ip('-n', here, 'address', 'add', '10.99.7.1/24', 'dev', 'eth0')
    for (const address of neighbours) ip('-n', there, 'address', 'add', `${address}/24`, 'dev', 'eth0')
    for (const space of [here, there])
      for (const link of ['lo', 'eth0']) ip('-n', space, 'link', 'set', link, 'up')
    server = inPython(there, echo)
    await once(server.stdout, 'data')
  })

  afterAll(() => {
    server.kill('SIGKILL')
    for (const space of [here, there]) ip('netns', 'delete', space)
  })

  beforeEach(async () => {
    host = new HostFolder({
      schemaVersion: 1,
      host: 'edge1',
      databases: {},
      poolers: {
        main: {
          targetFile: '/nowhere/main.ini',
          osUser: 'root',
          port: 6432,
          processes: [{name: 'main-1', unit: 'pgbouncer@main-1.service', socketDirectory: '/nowhere'}],
          entries: [{name: 'app', dbname: 'app'}],
          members: neighbours.map((address, index) => ({host: `db${index + 1}`, address, port: 5432})),
          guard: {user: 'pp_guard', database: 'postgres', passwordFile: '/nowhere/pgpass'},
        },
      },
    })
    host.within = inside(here)
    helper = await host.helper()
    await helper.done('raise', {target: 'main', token: 1, operation: 'op-1'})
  })

  afterEach(async () => {
    await lift()
    expect(tables()).toEqual('')
    await host.remove()
  })

  const cut = (from: readonly string[], changes: object = {}) =>
    helper.done('fault', act({fault: 'c-1', kind: 'cut', expiresSeconds: 600, from, ...changes}))
  const lift = () => helper.done('lift', {target: 'main', operation: 'op-1', fault: 'c-1'})
  const inForce = async () =>
    ((await helper.done('faults', {})).faults as {holds: boolean; measured: string}[])[0]
  const tables = () =>
    execFileSync('nsenter', [...inside(here).slice(1), 'nft', 'list', 'tables'], {encoding: 'utf8'})

  test('from everybody silences open connections and new ones, and leaves the host its own', async () => {
    const connected = inPython(here, client(neighbours[0]))
    const lines = createInterface({input: connected.stdout})[Symbol.asyncIterator]()
    const said = async () => (await lines.next()).value!
    expect(await said()).toBe('connected')
    connected.stdin.write('before\n')
    expect(await said()).toBe('answered')
    expect(await cut([])).toMatchObject({
      measured: expect.stringMatching(/^\d+ packets dropped, none gets out to 10\.99\.7\.2, 10\.99\.7\.3$/),
    })
    connected.stdin.write('during\n')
    expect(await said()).toBe('silent')
    expect(neighbours.map(answers)).toEqual([false, false])
    expect(answers('127.0.0.1')).toBe(true)
    expect(answers('10.99.7.1')).toBe(true)
    expect(await inForce()).toMatchObject({
      holds: true,
      measured: expect.stringMatching(/^[1-9]\d* packets dropped/),
    })
    expect(await lift()).toMatchObject({gone: true, measured: 'no rule left'})
    expect(neighbours.map(answers)).toEqual([true, true])
    connected.stdin.write('after\n')
    expect(await said()).toBe('answered')
    connected.kill('SIGKILL')
  })

  test('from one leaves the others alone', async () => {
    await cut([neighbours[0]])
    expect(neighbours.map(answers)).toEqual([false, true])
    await cut([neighbours[1]], {fault: 'c-2'})
    expect(neighbours.map(answers)).toEqual([false, false])
    await lift()
    expect(neighbours.map(answers)).toEqual([true, false])
    await helper.done('lift', {target: 'main', operation: 'op-1', fault: 'c-2'})
    expect(neighbours.map(answers)).toEqual([true, true])
  })

  test('ends by itself though nobody can reach the host', async () => {
    await cut([], {expiresSeconds: 1})
    for (let look = 0; look < 100 && !answers(neighbours[0]); look++) await sleep(100)
    expect(answers(neighbours[0])).toBe(true)
  })

  test('whose helper is killed in the middle is in force, and ends by itself', async () => {
    // The rules are there, and that they are was not written down.
    const wrapper = `#!/bin/sh\n/usr/sbin/nft "$@"\n[ "$1" != -f ] || kill -KILL $PPID\n`
    execFileSync('sh', ['-c', 'printf %s "$1" >"$2"; chmod 755 "$2"', 'sh', wrapper, `${host.bin}/nft`])
    helper = await host.helper()
    void helper.call('fault', act({fault: 'c-1', kind: 'cut', expiresSeconds: 2, from: []}))
    await helper.exited
    expect(neighbours.map(answers)).toEqual([false, false])
    helper = await host.helper()
    expect(await inForce()).toMatchObject({holds: true})
    for (let look = 0; look < 100 && !answers(neighbours[0]); look++) await sleep(100)
    expect(answers(neighbours[0])).toBe(true)
  })

  test('that somebody has taken away with the rules is not in force any more', async () => {
    await cut([])
    execFileSync('nsenter', [...inside(here).slice(1), 'nft', 'flush', 'ruleset'])
    expect(await inForce()).toMatchObject({holds: false, measured: 'no rule is there'})
    expect(await lift()).toMatchObject({gone: true})
  })

  test.each([
    {name: 'a name that nobody knows', from: ['no-such-host.invalid']},
    {name: 'the host itself', from: ['10.99.7.1']},
    {name: 'loopback', from: ['127.0.0.1']},
  ])('from $name is refused', async ({from}) => {
    const answer = await helper.call('fault', act({fault: 'c-1', kind: 'cut', expiresSeconds: 600, from}))
    expect(answer.ok ? 'done' : answer.error.code).toBe('FAULT_ADDRESS_UNKNOWN')
    expect(tables()).toBe('')
  })
})
