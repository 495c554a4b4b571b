// What a host sees of another, and how it lets go of a silent one: real sockets on loopback, real ss.
import {afterEach, beforeEach, expect, test} from '@jest/globals'
import {once} from 'node:events'
import {connect, createServer, type Server, type Socket} from 'node:net'

import {act, HostFolder, type HelperProcess} from './helper-process.ts'

let server: Server
let port: number
let host: HostFolder
let helper: HelperProcess
const clients: Socket[] = []

beforeEach(async () => {
  // A connection that is cut is an error to the other end.
  server = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  port = typeof address === 'object' && address ? address.port : 0
  const pooler = {
    targetFile: '/nowhere/main.ini',
    osUser: 'root',
    port: 6432,
    processes: [{name: 'main-1', unit: 'pgbouncer@main-1.service', socketDirectory: '/nowhere'}],
    entries: [{name: 'app', dbname: 'app'}],
    members: [{host: 'db1', address: '127.0.0.1', port}],
    guard: {user: 'pp_guard', database: 'postgres', passwordFile: '/nowhere/pgpass'},
  }
  host = new HostFolder({schemaVersion: 1, host: 'edge1', databases: {}, poolers: {main: pooler}})
  helper = await host.helper()
  await helper.done('raise', {target: 'main', token: 1, operation: 'op-1'})
})

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy()
  server.close()
  await host.remove()
})

/** Clients that are connected, and what became of them. */
async function connected(count: number): Promise<readonly Promise<unknown>[]> {
  const sockets = Array.from({length: count}, () => connect(port, '127.0.0.1'))
  clients.push(...sockets)
  await Promise.all(sockets.map((socket) => once(socket, 'connect')))
  return sockets.map((socket) => {
    // A connection that is cut is an error first, and closed then.
    socket.on('error', () => undefined)
    return new Promise((resolve) => socket.on('close', resolve))
  })
}

test('says whether a port takes connections', async () => {
  const reach = async (to: number) =>
    (await helper.done('reach', {address: '127.0.0.1', port: to, timeoutSeconds: 1})).answer
  expect(await reach(port)).toBe('open')
  server.close()
  await once(server, 'close')
  expect(await reach(port)).toBe('refused')
})

test('closes its connections to one member, and says how many', async () => {
  const ended = await connected(2)
  expect(await helper.done('cut-connections', act({member: 'db1'}))).toEqual({cut: 2, left: 0})
  await Promise.all(ended)
  expect(await helper.done('cut-connections', act({member: 'db1'}))).toEqual({cut: 0, left: 0})
})

test('closes nothing for an old token, a passed time or a member it does not know', async () => {
  const [ended] = await connected(1)
  expect(await helper.refusal('cut-connections', act({member: 'db1', notAfter: 1}))).toBe('NOT_AFTER_PASSED')
  expect(await helper.refusal('cut-connections', act({member: 'db9'}))).toBe('UNKNOWN_MEMBER')
  await helper.done('raise', {target: 'main', token: 2, operation: 'op-2'})
  expect(await helper.refusal('cut-connections', act({member: 'db1'}))).toBe('TOKEN_OLD')
  const still = await Promise.race([
    ended?.then(() => 'closed'),
    new Promise((resolve) => setTimeout(resolve, 100, 'open')),
  ])
  expect(still).toBe('open')
})
