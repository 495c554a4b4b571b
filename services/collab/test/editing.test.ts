import {afterAll, beforeAll, describe, expect, jest, test} from '@jest/globals'

import type {TestCollab} from './collab.ts'
import {eventually} from './eventually.ts'
import {makeWorld, type World} from './world.ts'

jest.setTimeout(30_000)

let world: World
let collab: TestCollab

beforeAll(async () => {
  world = await makeWorld()
  collab = await world.start()
}, 60_000)
afterAll(() => world.end())

describe('two people in one design', () => {
  test('see what the other does', async () => {
    const design = world.design('ada', 'bob')
    const ada = world.open(collab, design)
    const bob = world.open(collab, design, {token: () => world.tokenOf('bob')})
    ada.layers.set('a', {x: 1})
    bob.layers.set('b', {x: 2})
    await eventually(() => [ada.layers.toJSON(), bob.layers.toJSON()], Array(2).fill({a: {x: 1}, b: {x: 2}}))
  })

  test('have all of what both did while one was offline', async () => {
    const design = world.design()
    const [ada, bob] = [world.open(collab, design), world.open(collab, design)]
    ada.layers.set('before', 1)
    await eventually(() => bob.layers.get('before'), 1)
    ada.offline()
    await eventually(() => ada.closes.length, 1)
    ada.layers.set('offline', 1)
    ada.layers.delete('before')
    bob.layers.set('online', 1)
    ada.online()
    await eventually(
      () => [ada, bob].map(({layers}) => Object.keys(layers.toJSON()).sort()),
      [
        ['offline', 'online'],
        ['offline', 'online'],
      ],
    )
    await eventually(() => ada.isSaved, true)
  })

  test('are told who is there, with the name that the token says, until they leave', async () => {
    const design = world.design('ada', 'bob')
    const ada = world.open(collab, design)
    const bob = world.open(collab, design, {token: () => world.tokenOf('bob')})
    bob.provider.setAwarenessField('user', {id: 'ada', name: 'Ada herself', color: '#ff0000'})
    await eventually(() => ada.others.map(({user}) => user), [{id: 'bob', name: 'bob', color: '#ff0000'}])
    bob.leave()
    await eventually(() => ada.others, [])
  })

  test('cannot speak for each other', async () => {
    const design = world.design('ada', 'bob')
    const ada = world.open(collab, design)
    const bob = world.open(collab, design, {token: () => world.tokenOf('bob')})
    ada.provider.setAwarenessField('cursor', 1)
    bob.provider.setAwarenessField('cursor', 2)
    await eventually(() => [ada, bob].map(({others}) => others[0]?.cursor), [2, 1])
    const {awareness} = bob.provider
    awareness!.states.set(ada.document.clientID, {cursor: 'bob’s'})
    awareness!.meta.set(ada.document.clientID, {clock: 1000, lastUpdated: Date.now()})
    const third = world.open(collab, design)
    awareness!.emit('update', [{added: [], updated: [ada.document.clientID], removed: []}, 'local'])
    bob.provider.setAwarenessField('cursor', 3)
    await eventually(() => third.others.map(({cursor}) => cursor).sort(), [1, 3])
  })
})

describe('a design', () => {
  test('is there again after a restart, with what was deleted gone', async () => {
    const design = world.design()
    const own = await world.start()
    const ada = world.open(own, design)
    ada.layers.set('kept', 1)
    ada.layers.set('deleted', 1)
    await eventually(() => ada.isSaved, true)
    ada.layers.delete('deleted')
    await eventually(() => ada.isSaved, true)
    expect(await own.stop()).toBe(0)
    // What follows are attempts to come again.
    expect(ada.closes[0]).toBe(1012)
    const again = await world.start({}, own.port)
    await eventually(() => ada.provider.isSynced, true)
    const bob = world.open(again, design)
    await eventually(() => bob.layers.toJSON(), {kept: 1})
  })

  test('has all that was told to be saved after kill -9, without the help of who made it', async () => {
    const design = world.design()
    const own = await world.start()
    const ada = world.open(own, design)
    await eventually(() => ada.provider.isSynced, true)
    let savedUpTo = -1
    for (let n = 0; n < 300; n += 1) {
      ada.layers.set(`l${n}`, n)
      await new Promise((resolve) => setTimeout(resolve, 2))
      const clock = ada.saved.get(ada.document.clientID) ?? 0
      // One clock an edit: each sets a key once.
      savedUpTo = Math.max(savedUpTo, clock - 1)
    }
    await own.kill()
    ada.leave()
    expect(savedUpTo).toBeGreaterThan(50)
    const bob = world.open(await world.start(), design)
    await eventually(() => bob.provider.isSynced, true)
    const kept = Object.keys(bob.layers.toJSON())
    const promised = Array.from({length: savedUpTo + 1}, (_, n) => `l${n}`)
    expect(kept).toEqual(expect.arrayContaining(promised))
  })

  test('is handed over by an instance that stops: nothing that it took is lost', async () => {
    const design = world.design()
    const own = await world.start()
    const ada = world.open(own, design)
    await eventually(() => ada.provider.isSynced, true)
    ada.layers.set('last', 1)
    await eventually(() => ada.provider.hasUnsyncedChanges, false)
    await own.stop()
    ada.leave()
    const bob = world.open(collab, design)
    await eventually(() => bob.layers.get('last'), 1)
  })
})

test('says what it does in numbers', async () => {
  const design = world.design()
  const ada = world.open(collab, design)
  ada.layers.set('a', 1)
  await eventually(() => ada.isSaved, true)
  const text = await (await collab.get('/metrics')).text()
  for (const name of [
    'collab_rooms',
    'collab_sockets',
    'collab_edits_total',
    'collab_saved_lag_seconds_count',
  ])
    expect(Number(new RegExp(`^${name}{.*} (\\S+)$`, 'm').exec(text)?.[1])).toBeGreaterThan(0)
  expect(text).toMatch(/^collab_unsaved_seconds{.*} 0$/m)
})
