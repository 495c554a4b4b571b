// Whatever happens to clients and instances: in the end all have the same, and it is what is kept.
import {setTimeout as sleep} from 'node:timers/promises'

import {afterAll, beforeAll, expect, jest, test} from '@jest/globals'
import * as fc from 'fast-check'

import type {Client} from './client.ts'
import type {TestCollab} from './collab.ts'
import {eventually} from './eventually.ts'
import {makeWorld, type World} from './world.ts'

jest.setTimeout(300_000)

const clientCount = 4
const instanceCount = 2
const client = fc.nat(clientCount - 1)
const instance = fc.nat(instanceCount - 1)
const action = fc.oneof(
  {weight: 8, arbitrary: fc.record({kind: fc.constant('set' as const), client, key: fc.nat(9)})},
  {weight: 3, arbitrary: fc.record({kind: fc.constant('delete' as const), client, key: fc.nat(9)})},
  {weight: 2, arbitrary: fc.record({kind: fc.constantFrom('offline' as const, 'online' as const), client})},
  {weight: 2, arbitrary: fc.record({kind: fc.constant('wait' as const), ms: fc.integer({min: 5, max: 150})})},
  {weight: 1, arbitrary: fc.record({kind: fc.constantFrom('kill' as const, 'stop' as const), instance})},
)
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never

let world: World
beforeAll(async () => {
  world = await makeWorld()
}, 60_000)
afterAll(() => world.end())

test('clients that come and go, on instances that die, end with the same design', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, {minLength: 30, maxLength: 60}), async (actions) => {
      const design = world.design('ada')
      const instances = await Promise.all(
        Array.from({length: instanceCount}, () => world.start({COMPACT_ROWS: '10'})),
      )
      const clients = Array.from({length: clientCount}, (_, n) => {
        const at = instances[n % instanceCount]
        if (!at) throw new Error('no instance')
        return world.open(at, design)
      })
      let count = 0
      for (const one of actions) await act(one, {clients, instances, next: () => (count += 1)})
      for (const one of clients) one.online()
      await eventually(() => clients.map(({isSaved}) => isSaved), Array(clientCount).fill(true), 30_000)
      await eventually(
        () => new Set(clients.map(({layers}) => JSON.stringify(sorted(layers.toJSON())))).size,
        1,
        30_000,
      )
      const last = sorted(clients[0]?.layers.toJSON() ?? {})
      for (const one of clients) one.leave()
      await Promise.all(instances.map((one) => one.kill()))
      const reader = world.open(await world.start(), design)
      await eventually(() => reader.provider.isSynced, true, 30_000)
      expect(sorted(reader.layers.toJSON())).toEqual(last)
      reader.leave()
    }),
    {numRuns: 6, endOnFailure: true},
  )
})

interface State {
  readonly clients: readonly Client[]
  readonly instances: TestCollab[]
  readonly next: () => number
}

async function act(one: Action, {clients, instances, next}: State): Promise<void> {
  if ('ms' in one) return sleep(one.ms)
  if ('instance' in one) {
    const gone = instances[one.instance]
    if (!gone) return
    await gone[one.kind]()
    // Where the clients look for it.
    instances[one.instance] = await world.start({COMPACT_ROWS: '10'}, gone.port)
    return
  }
  const who = clients[one.client]
  if (one.kind === 'set' && 'key' in one) who?.layers.set(String(one.key), next())
  if (one.kind === 'delete' && 'key' in one) who?.layers.delete(String(one.key))
  if (one.kind === 'offline') who?.offline()
  if (one.kind === 'online') who?.online()
}

const sorted = (layers: Record<string, unknown>) =>
  Object.entries(layers).sort(([a], [b]) => (a < b ? -1 : 1))
