import {afterAll, beforeAll, expect, test} from '@jest/globals'
import {readSettings, storageSettings} from '@pixelpulse/common/settings'
import {createStorage, type Storage} from '@pixelpulse/common/storage'
import sharp from 'sharp'

import {until} from '../../test/until.ts'
import {startStorage, type TestStorage} from '../../test/servers/storage.ts'
import {createHandler} from '../src/handler.ts'
import {startInvoker, type Invoker} from '../src/invoker.ts'
import {serveInvocations} from '../src/runtime.ts'

let invoker: Invoker
let server: TestStorage
let storage: Storage
const ended = new AbortController()
let serving: Promise<void>

beforeAll(async () => {
  invoker = await startInvoker({host: '127.0.0.1', port: 0})
  server = await startStorage({eventsUrl: invoker.eventsUrl})
  storage = createStorage(readSettings(storageSettings, {...server.settings}))
  const handler = createHandler(storage)
  serving = serveInvocations(invoker.runtimeApi, handler, ended.signal).catch(() => undefined)
}, 300_000)
afterAll(async () => {
  ended.abort()
  await serving
  await invoker.close()
  await server.remove()
})

const picture = () =>
  sharp({create: {width: 800, height: 400, channels: 3, background: '#336699'}})
    .png()
    .toBuffer()

const untilThere = (key: string) => until(key, async () => (await storage.head(key)) !== undefined)

test('an image that arrives in the bucket has a thumbnail soon after, by the events of the bucket itself', async () => {
  await storage.put('assets/design/first', await picture(), 'image/png')
  await untilThere('thumbnails/design/first.webp')
  const metadata = await sharp(await storage.get('thumbnails/design/first.webp')).metadata()
  expect(metadata).toMatchObject({format: 'webp', width: 320, height: 160})
})

test('what is no image gets none, and holds up nothing; a thumbnail gets no thumbnail', async () => {
  await storage.put('assets/design/noise', Buffer.from('no image at all'), 'image/png')
  await storage.put('assets/design/second', await picture(), 'image/png')
  await untilThere('thumbnails/design/second.webp')
  expect(await storage.head('thumbnails/design/noise.webp')).toBeUndefined()
  expect(await storage.head('thumbnails/design/second.webp.webp')).toBeUndefined()
  expect(invoker.failed).toEqual([])
})

test('an event whose object cannot be read is tried three times, then given up', async () => {
  const event = {Records: [{eventName: 's3:ObjectCreated:Put', s3: {object: {key: 'assets/design/gone'}}}]}
  await fetch(invoker.eventsUrl, {method: 'POST', body: JSON.stringify(event)})
  await until('giving up', async () => invoker.failed.length > 0)
  expect(invoker.failed).toEqual([JSON.stringify(event)])
  const metrics = await (await fetch(new URL('/metrics', invoker.eventsUrl))).text()
  expect(metrics).toContain('thumbnails_events_total{outcome="repeated",service="thumbnails"} 2\n')
  expect(metrics).toContain('thumbnails_events_total{outcome="given_up",service="thumbnails"} 1\n')
  expect(metrics).toContain('thumbnails_oldest_age_seconds{service="thumbnails"} 0\n')
})

test('a name with spaces and signs, as events write it, is found', async () => {
  await storage.put('assets/design/a b+c', await picture(), 'image/png')
  await createHandler(storage)({
    Records: [{eventName: 'ObjectCreated:Put', s3: {object: {key: 'assets/design/a+b%2Bc'}}}],
  })
  expect(await storage.head('thumbnails/design/a b+c.webp')).toBeDefined()
})
