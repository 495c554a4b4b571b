// Who may be in a design, and what is done about those who do as they like.
import {once} from 'node:events'

import {afterAll, beforeAll, describe, expect, jest, test} from '@jest/globals'
import {WebSocket} from 'ws'

import type {TestCollab} from './collab.ts'
import {eventually} from './eventually.ts'
import {makeWorld, type World} from './world.ts'

jest.setTimeout(60_000)

let world: World
let collab: TestCollab

beforeAll(async () => {
  world = await makeWorld()
  collab = await world.start({
    ACCESS_SECONDS: '1',
    ACCESS_LIMIT_SECONDS: '3',
    DESIGN_BYTES: '20000',
    MESSAGE_BYTES: '50000',
    SOCKETS_PER_USER: '3',
  })
}, 60_000)
afterAll(() => world.end())

const as = (user: string) => ({token: () => world.tokenOf(user)})

describe('nobody is let in', () => {
  test.each([
    ['without a token', () => Promise.resolve('')],
    ['with a token that is none', () => Promise.resolve('a.b.c')],
    ['with one that has expired', () => world.tokenOf('ada', '-1 minute')],
    ['who is no member', () => world.tokenOf('mallory')],
  ])('%s', async (_, token) => {
    const design = world.design('ada')
    const ada = world.open(collab, design)
    ada.layers.set('secret', 1)
    await eventually(() => ada.isSaved, true)
    const other = world.open(collab, design, {token})
    await eventually(() => other.denials.length > 0, true)
    expect(other.provider.isSynced).toBe(false)
    expect(other.layers.size).toBe(0)
    other.layers.set('forced', 1)
    ada.leave()
    other.leave()
    const again = world.open(collab, design)
    await eventually(() => again.layers.toJSON(), {secret: 1})
    again.leave()
  })

  test('to a design whose name is no id', async () => {
    const other = world.open(collab, '../projects')
    await eventually(() => other.denials.length > 0, true)
    other.leave()
  })
})

describe('nobody stays', () => {
  test('who is no member any more', async () => {
    const design = world.design('ada', 'bob')
    const ada = world.open(collab, design)
    const bob = world.open(collab, design, as('bob'))
    await eventually(() => bob.provider.isSynced, true)
    world.projects.members.get(design)?.delete('bob')
    await eventually(() => bob.closes.includes(4403), true)
    ada.layers.set('after', 1)
    await eventually(() => ada.isSaved, true)
    expect(bob.layers.get('after')).toBeUndefined()
    for (const client of [ada, bob]) client.leave()
  })

  test('whose token has expired, unless a new one is shown in time', async () => {
    const design = world.design('ada', 'bob')
    const ada = world.open(collab, design, {token: () => world.tokenOf('ada', '4 seconds')})
    const old = await world.tokenOf('bob', '4 seconds')
    const bob = world.open(collab, design, {token: () => Promise.resolve(old)})
    await eventually(() => [ada, bob].map(({provider}) => provider.isSynced), [true, true])
    await eventually(() => bob.closes.includes(4401), true)
    // Twice as long as any of its tokens.
    await new Promise((resolve) => setTimeout(resolve, 5000))
    expect(ada.closes).toEqual([])
    for (const client of [ada, bob]) client.leave()
  })

  test('for long while projects does not say that they may', async () => {
    const design = world.design('ada')
    const ada = world.open(collab, design)
    await eventually(() => ada.provider.isSynced, true)
    world.projects.isAway = true
    try {
      await new Promise((resolve) => setTimeout(resolve, 1500))
      expect(ada.closes).toEqual([])
      await eventually(() => ada.closes.includes(1013), true)
    } finally {
      world.projects.isAway = false
    }
    await eventually(() => ada.provider.isSynced, true)
    ada.leave()
  })
})

describe('somebody who does too much', () => {
  test('has so many sockets and no more; others are not in their way', async () => {
    const design = world.design('greedy', 'ada')
    const clients = Array.from({length: 4}, () => world.open(collab, design, as('greedy')))
    await eventually(() => clients.filter(({closes}) => closes.includes(4429)).length, 1)
    const ada = world.open(collab, design)
    await eventually(() => ada.provider.isSynced, true)
    for (const client of [...clients, ada]) client.leave()
  })

  test('cannot make a design too large to open: what was there before stays, and goes on', async () => {
    const design = world.design('ada', 'bob')
    const ada = world.open(collab, design)
    ada.layers.set('small', 1)
    await eventually(() => ada.isSaved, true)
    const bob = world.open(collab, design, as('bob'))
    await eventually(() => bob.provider.isSynced, true)
    bob.layers.set('large', 'x'.repeat(30_000))
    await eventually(() => bob.told.some(({refused}) => refused === 'DESIGN_TOO_LARGE'), true)
    await eventually(() => bob.closes.includes(4413), true)
    bob.leave()
    ada.layers.set('more', 1)
    await eventually(() => ada.isSaved, true)
    expect(Object.keys(ada.layers.toJSON()).sort()).toEqual(['more', 'small'])
    ada.leave()
  })

  test.each([
    ['text', 'hello', 1003],
    ['a message that is too long', Buffer.alloc(60_000), 1009],
  ])('is cut off who sends %s', async (_, message, code) => {
    const socket = new WebSocket(collab.url)
    await once(socket, 'open')
    socket.send(message)
    const [closedWith] = (await once(socket, 'close')) as [number]
    expect(closedWith).toBe(code)
  })

  test('is cut off who sends bytes that are no message, and nobody else', async () => {
    const design = world.design('ada')
    const ada = world.open(collab, design)
    await eventually(() => ada.provider.isSynced, true)
    for (const bytes of [[], [255, 255, 255, 255], [5, 104, 101], [0, 0, 9, 9]]) {
      const socket = new WebSocket(collab.url)
      socket.on('error', () => undefined)
      await once(socket, 'open')
      socket.send(Buffer.from(bytes))
      socket.close()
      await once(socket, 'close')
    }
    ada.layers.set('still', 1)
    await eventually(() => ada.isSaved, true)
    expect(ada.closes).toEqual([])
    ada.leave()
  })
})

test('nobody is told that an edit is saved while the database is away; afterwards it is, and is kept', async () => {
  const own = await makeWorld()
  try {
    const instance = await own.start()
    const design = own.design('ada', 'bob')
    const ada = own.open(instance, design)
    const bob = own.open(instance, design, {token: () => own.tokenOf('bob')})
    ada.layers.set('before', 1)
    await eventually(() => ada.isSaved, true)
    await own.postgres.kill()
    ada.layers.set('meanwhile', 1)
    await eventually(() => bob.layers.get('meanwhile'), 1)
    await eventually(() => ada.told.some(({unsaved}) => unsaved === 'DATABASE_AWAY'), true)
    expect(ada.isSaved).toBe(false)
    expect((await instance.get('/readyz')).status).toBe(503)
    await own.postgres.start()
    await eventually(() => ada.isSaved, true, 20_000)
    await instance.kill()
    for (const client of [ada, bob]) client.leave()
    const carl = own.open(await own.start(), design)
    await eventually(() => carl.layers.toJSON(), {before: 1, meanwhile: 1})
  } finally {
    await own.end()
  }
})
