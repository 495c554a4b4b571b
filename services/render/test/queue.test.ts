// Scenario: pictures are asked for while workers come, go and are killed, and while the database dies. Every job is finished once.
// Incident behind it: an export of four hundred banners of which eleven never came, and two came twice.
import {afterAll, beforeAll, beforeEach, expect, test} from '@jest/globals'
import {spawn, type ChildProcess, type ChildProcessByStdio} from 'node:child_process'
import {randomUUID} from 'node:crypto'
import {once} from 'node:events'
import {createServer, type Server} from 'node:http'
import type {AddressInfo} from 'node:net'
import type {Readable} from 'node:stream'
import {setTimeout as sleep} from 'node:timers/promises'
import {fileURLToPath} from 'node:url'

import {createStorage, migrate, readSettings, type App} from '@pixelpulse/common'
import sharp from 'sharp'

import {startKeys, type TestKeys} from '../../test/servers/keys.ts'
import {startPostgres, type TestPostgres} from '../../test/servers/postgres.ts'
import {startStorage, type TestStorage} from '../../test/servers/storage.ts'
import {buildRender} from '../src/build.ts'
import {migrateQueue} from '../src/queue.ts'
import {renderSettings} from '../src/settings.ts'
import {until} from '../../test/until.ts'
import {scenes} from './scenes.ts'

let postgres: TestPostgres
let storage: TestStorage
let keys: TestKeys
/** Stands for `projects`: one design, which everybody may see. */
let projects: Server
let app: App
let token: string
let env: Record<string, string>
const designId = randomUUID()
let input: object = {version: 3, scene: scenes.shapes, assets: []}

beforeAll(async () => {
  ;[postgres, storage, keys] = await Promise.all([startPostgres(), startStorage(), startKeys()])
  projects = createServer((request, response) => {
    if (!request.url?.includes(designId)) response.statusCode = 404
    response.end(JSON.stringify(input))
  }).listen(0, '127.0.0.1')
  await once(projects, 'listening')
  env = {
    DATABASE_URL: postgres.url,
    LOG_LEVEL: 'silent',
    HOST: '127.0.0.1',
    PORT: '0',
    GRACE_SECONDS: '5',
    PROJECTS_URL: `http://127.0.0.1:${(projects.address() as AddressInfo).port}`,
    ...storage.settings,
    ...keys.settings,
  }
  await migrate({
    url: postgres.url,
    schema: 'render',
    folder: fileURLToPath(new URL('../migrations', import.meta.url)),
  })
  await migrateQueue(readSettings(renderSettings, env))
  app = await buildRender(readSettings(renderSettings, {...env, RENDER_JOBS: '0'}))
  token = await keys.tokenOf({id: randomUUID(), name: 'Ada'})
}, 300_000)
afterAll(async () => {
  await app.close()
  projects.close()
  await Promise.all([postgres.remove(), storage.remove(), keys.close()])
})

const workers = new Set<ChildProcess>()
beforeEach(async () => {
  for (const worker of workers) worker.kill('SIGKILL')
  workers.clear()
})

/** An instance that only works, as a process of its own. */
function startWorker(): ChildProcessByStdio<null, Readable, null> {
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
  const worker = spawn(process.execPath, [main], {
    env: {...process.env, NODE_OPTIONS: '', ...env, LOG_LEVEL: 'info', RENDER_JOBS: '1'},
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  worker.stdout.resume()
  workers.add(worker)
  return worker
}

async function untilSaid(output: Readable, word: string): Promise<void> {
  let said = ''
  output.on('data', (data: Buffer) => (said += data.toString()))
  await until(word, () => Promise.resolve(said.includes(word)))
}

const headers = (key?: string) => ({authorization: `Bearer ${token}`, ...(key && {'idempotency-key': key})})
const order = async (more: object = {}, key?: string) =>
  app.inject({
    method: 'POST',
    url: '/renders',
    payload: {designId, format: 'png', width: 320, ...more},
    headers: headers(key),
  })
const stateOf = async (id: string) =>
  (await app.inject({url: `/renders/${id}`, headers: headers()})).json<{state: string; url: string}>()

async function untilDone(ids: readonly string[], seconds = 40): Promise<void> {
  await until(
    `${ids.length} pictures`,
    async () => {
      const open = await postgres
        .query("select from render.renders where state in ('queued', 'active') limit 1")
        .catch(() => undefined)
      return open?.length === 0
    },
    seconds,
  )
}

const ordered = async (count: number): Promise<string[]> => {
  const answers = []
  for (let n = 0; n < count; n += 1) answers.push(await order())
  expect(answers.map(({statusCode}) => statusCode)).toEqual(answers.map(() => 202))
  return answers.map((answer) => answer.json().id as string)
}

test('a picture is asked for once with a key, drawn, and fetched by whoever asked', async () => {
  startWorker()
  const key = randomUUID()
  const [one, two] = await Promise.all([
    order({width: 640, format: 'webp'}, key),
    order({width: 640, format: 'webp'}, key),
  ])
  expect(one.json()).toEqual(two.json())
  const {id} = one.json()
  await untilDone([id])
  const done = await stateOf(id)
  expect(done).toMatchObject({state: 'done', progress: 1})
  const bytes = Buffer.from(await (await fetch(done.url)).arrayBuffer())
  expect(await sharp(bytes).metadata()).toMatchObject({format: 'webp', width: 640, height: 400})

  const stranger = await keys.tokenOf({id: randomUUID(), name: 'Eve'})
  const refused = await app.inject({url: `/renders/${id}`, headers: {authorization: `Bearer ${stranger}`}})
  expect(refused.statusCode).toBe(404)
  const foreign = await order({designId: randomUUID()})
  expect(foreign.statusCode).toBe(404)
}, 60_000)

test('two workers share the jobs; one that is asked to stop leaves none behind, one that is killed neither', async () => {
  const ids = await ordered(40)
  const [first, second] = [startWorker(), startWorker()]
  // From then on it ends as it should when it is asked to.
  await Promise.all([first, second].map((worker) => untilSaid(worker.stdout, 'listening')))
  await until('a first picture', async () => {
    const done = await postgres.query("select from render.renders where state = 'done' and error is null")
    return done.length > 2
  })
  const ended = once(first, 'close') as Promise<[number]>
  first.kill('SIGTERM')
  second.kill('SIGKILL')
  const third = startWorker()
  expect((await ended)[0]).toBe(0)
  await untilDone(ids, 60)
  expect(third.exitCode).toBeNull()
  const rows = await postgres.query('select state, count(*)::int as count from render.renders group by state')
  expect(rows).toEqual([{state: 'done', count: 41}])
  const store = createStorage(readSettings(renderSettings, env))
  for (const id of ids)
    expect(await store.head(`renders/${designId}/${id}.png`)).toMatchObject({contentType: 'image/png'})
}, 120_000)

test('a database that dies and comes back costs no job', async () => {
  startWorker()
  const ids = await ordered(15)
  await postgres.kill()
  const late = order()
  await sleep(500)
  await postgres.start()
  ids.push((await late).json().id)
  await untilDone(ids, 60)
  for (const id of ids) expect(await stateOf(id)).toMatchObject({state: 'done'})
}, 120_000)

test('a design that cannot be drawn fails once, and says why', async () => {
  startWorker()
  const text = {id: 'a', kind: 'text', x: 0, y: 0, width: 90, height: 20, fontSize: 10, fill: '#000000'}
  const layers = Array.from({length: 11}, () => ({...text, text: 'x'.repeat(5000)}))
  input = {version: 4, scene: {width: 10, height: 10, layers}, assets: []}
  try {
    const {id} = (await order()).json()
    await untilDone([id])
    expect(await stateOf(id)).toMatchObject({
      state: 'failed',
      error: expect.stringContaining('55000 characters'),
    })
  } finally {
    input = {version: 3, scene: scenes.shapes, assets: []}
  }
}, 60_000)

test('each outcome of jobs is counted from the start', async () => {
  const {body} = await app.inject('/metrics')
  for (const outcome of ['done', 'repeated', 'failed'])
    expect(body).toContain(`render_jobs_total{outcome="${outcome}",service="render"} 0`)
})

test('the depth of the queue and the age of its oldest job are measured', async () => {
  const ids = await ordered(3)
  const metrics = async () => (await app.inject('/metrics')).body
  expect(await metrics()).toContain('render_queue_depth{service="render"} 3')
  startWorker()
  await untilDone(ids)
  expect(await metrics()).toContain('render_queue_depth{service="render"} 0')
}, 60_000)

afterAll(() => {
  for (const worker of workers) worker.kill('SIGKILL')
})

test('what is measured can be asked for while the database is away, sooner than Prometheus gives up', async () => {
  await postgres.kill()
  try {
    const started = performance.now()
    const {statusCode, body} = await app.inject({url: '/metrics'})
    expect([statusCode, body]).toEqual([200, expect.stringContaining('render_queue_depth{service="render"}')])
    expect(performance.now() - started).toBeLessThan(5000)
  } finally {
    await postgres.start()
  }
})
