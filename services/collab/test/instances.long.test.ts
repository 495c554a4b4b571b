import {setTimeout as sleep} from 'node:timers/promises'

import {afterAll, beforeAll, describe, expect, jest, test} from '@jest/globals'

import type {TestCollab} from './collab.ts'
import {eventually} from './eventually.ts'
import {makeWorld, type World} from './world.ts'

jest.setTimeout(60_000)

let world: World
let one: TestCollab
let two: TestCollab

beforeAll(async () => {
  world = await makeWorld()
  one = await world.start({COMPACT_ROWS: '20'})
  two = await world.start({COMPACT_ROWS: '20'})
}, 60_000)
afterAll(() => world.end())

const bobs = () => ({token: () => world.tokenOf('bob')})

describe('a design that is open on two instances', () => {
  test('is the same on both', async () => {
    const design = world.design('ada', 'bob')
    const ada = world.open(one, design)
    const bob = world.open(two, design, bobs())
    ada.layers.set('a', 1)
    bob.layers.set('b', 1)
    await eventually(() => [ada.layers.toJSON(), bob.layers.toJSON()], Array(2).fill({a: 1, b: 1}))
    ada.layers.delete('b')
    await eventually(() => bob.layers.toJSON(), {a: 1})
  })

  test('shows on each who is on the other, as long as they are', async () => {
    const design = world.design('ada', 'bob')
    const ada = world.open(one, design)
    const bob = world.open(two, design, bobs())
    ada.provider.setAwarenessField('cursor', 1)
    bob.provider.setAwarenessField('cursor', 2)
    await eventually(() => [ada, bob].map(({others}) => others.map(({cursor}) => cursor)), [[2], [1]])
    bob.provider.setAwarenessField('cursor', 3)
    await eventually(() => ada.others.map(({cursor}) => cursor), [3])
    bob.leave()
    await eventually(() => ada.others, [])
  })

  test('shows who moves from one to the other all the time, and once', async () => {
    const design = world.design('ada', 'bob', 'carl')
    const [ada, carl] = [
      world.open(one, design),
      world.open(two, design, {token: () => world.tokenOf('carl')}),
    ]
    const own = await world.start()
    const bob = world.open(own, design, bobs())
    bob.provider.setAwarenessField('cursor', 1)
    const seen = () => [ada, carl].map(({others}) => others.filter(({user}) => isBob(user)).length)
    await eventually(seen, [1, 1])
    bob.provider.configuration.websocketProvider.setConfiguration({url: two.url})
    await own.stop()
    await eventually(() => bob.provider.isSynced, true)
    bob.provider.setAwarenessField('cursor', 2)
    await eventually(() => ada.others.find(({user}) => isBob(user))?.cursor, 2)
    expect(seen()).toEqual([1, 1])
  })

  test('forgets who was on an instance that was killed', async () => {
    const design = world.design('ada', 'bob')
    const own = await world.start()
    const ada = world.open(one, design)
    const bob = world.open(own, design, bobs())
    bob.provider.setAwarenessField('cursor', 2)
    await eventually(() => ada.others.length, 1)
    bob.offline()
    await own.kill()
    await eventually(() => ada.others, [], 40_000)
    const left = "select from collab.presence where seen_at < now() - interval '60 seconds'"
    await eventually(() => ada.others, [])
    expect(await world.postgres.query(left)).toEqual([])
  })
})

describe('what is kept of a design', () => {
  const kept = async (design: string) => {
    const [row] = await world.postgres.query(
      `select snapshot_seq::int4 as snapshot, last_seq::int4 as last,
         (select count(*)::int4 from collab.updates where design = id) as rows
       from collab.designs where id = '${design}'`,
    )
    return row as {snapshot: number; last: number; rows: number}
  }

  test('becomes a snapshot while two edit it, and nothing that comes meanwhile is lost', async () => {
    const design = world.design()
    const clients = [world.open(one, design), world.open(two, design)]
    await eventually(() => clients.every(({provider}) => provider.isSynced), true)
    for (let n = 0; n < 150; n += 1) {
      clients.forEach(({layers}, who) => layers.set(`${who}-${n}`, n))
      await sleep(25)
    }
    await eventually(() => clients.map(({isSaved}) => isSaved), [true, true])
    const {snapshot, last, rows} = await kept(design)
    expect(last).toBeGreaterThan(100)
    expect(snapshot).toBeGreaterThan(0)
    expect(rows).toBeLessThan(last / 2)
    const third = world.open(await world.start(), design)
    await eventually(() => third.layers.size, 300)
  })

  test('is taken whole by an instance that was too slow to read it row by row', async () => {
    const design = world.design()
    const ada = world.open(one, design)
    const bob = world.open(two, design)
    ada.layers.set('first', 1)
    await eventually(() => bob.layers.get('first'), 1)
    process.kill(two.pid, 'SIGSTOP')
    for (let n = 0; n < 80; n += 1) {
      ada.layers.set(`l${n}`, n)
      await sleep(25)
    }
    await eventually(() => ada.isSaved, true)
    process.kill(two.pid, 'SIGCONT')
    await eventually(() => bob.layers.size, 81)
    const [row] = await world.postgres.query(
      `select trimmed_seq::int4 as trimmed from collab.designs where id = '${design}'`,
    )
    expect(row?.trimmed).toBeGreaterThan(1)
  })

  test('is written again by who has it, when a failover has cost the database what was committed', async () => {
    const design = world.design()
    const ada = world.open(one, design)
    for (const layer of ['a', 'b', 'c']) {
      ada.layers.set(layer, 1)
      await eventually(() => ada.isSaved, true)
    }
    await world.postgres.query(
      `delete from collab.updates where design = '${design}' and seq > 1;
       update collab.designs set last_seq = 1 where id = '${design}'`,
    )
    const written = async () => (await kept(design)).last
    while ((await written()) < 2) await sleep(20)
    const bob = world.open(two, design)
    await eventually(() => bob.layers.toJSON(), {a: 1, b: 1, c: 1})
  })
})

const isBob = (user: unknown) => (user as {id: string}).id === 'bob'
