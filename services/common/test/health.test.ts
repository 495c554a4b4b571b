import {afterEach, expect, test} from '@jest/globals'
import {setTimeout as sleep} from 'node:timers/promises'

import {createApp, type App} from '../src/app.ts'
import type {Checks} from '../src/health.ts'

let app: App
afterEach(() => app.close())

async function readiness(checks: Checks): Promise<() => Promise<[number, unknown]>> {
  app = await createApp({name: 'sample', logLevel: 'silent', checks})
  return async () => {
    const answer = await app.inject('/readyz')
    return [answer.statusCode, answer.json()]
  }
}
const fine = () => Promise.resolve()
const away = () => Promise.reject(new Error('away'))

test('what does not answer is named, and a service is ready again as soon as it does', async () => {
  let isAway = false
  const ready = await readiness({database: () => (isAway ? away() : fine()), storage: fine})
  expect(await ready()).toEqual([200, {status: 'ok', missing: []}])
  isAway = true
  expect(await ready()).toEqual([503, {status: 'not ready', missing: ['database']}])
  isAway = false
  expect(await ready()).toEqual([200, {status: 'ok', missing: []}])
})

test('each that is missing is named, also one that fails before it has begun', async () => {
  const ready = await readiness({
    database: away,
    storage: () => {
      throw new Error('no address')
    },
    queue: fine,
  })
  expect(await ready()).toEqual([503, {status: 'not ready', missing: ['database', 'storage']}])
})

test('one that hangs is missing, and the answer comes all the same', async () => {
  const ready = await readiness({database: () => sleep(20_000, undefined, {ref: false}), storage: fine})
  const began = performance.now()
  expect(await ready()).toEqual([503, {status: 'not ready', missing: ['database']}])
  // Its probes give up after two or three seconds.
  expect(performance.now() - began).toBeGreaterThan(1400)
  expect(performance.now() - began).toBeLessThan(10_000)
})

test('a service that lacks something is alive: to start it again would not help', async () => {
  await readiness({database: away})
  expect((await app.inject('/livez')).statusCode).toBe(200)
})
