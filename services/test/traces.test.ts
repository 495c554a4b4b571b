// Scenario: somebody signs up, makes a design and orders a picture of it through the gateway, which three services and a worker
// have a part in. It proves that the order is one trace from the gateway to the store, and that logs lead to it.
// Incident behind it: a picture that took forty seconds, and four services whose logs could not be told to belong together.
import {afterAll, beforeAll, describe, expect, test} from '@jest/globals'
import {spawn, type ChildProcess} from 'node:child_process'
import {randomBytes, randomUUID} from 'node:crypto'
import {once} from 'node:events'
import {fileURLToPath} from 'node:url'

import {freePort} from '../../test/free-port.ts'
import {startPostgres, type TestPostgres} from './servers/postgres.ts'
import {startStorage, type TestStorage} from './servers/storage.ts'
import {startCollector, type ReceivedSpan, type TestCollector} from './servers/traces.ts'
import {until} from './until.ts'

const names = ['auth', 'projects', 'render', 'gateway'] as const
type Name = (typeof names)[number]

interface LogLine {
  readonly msg: string
  readonly trace_id?: string
  readonly span_id?: string
}

let postgres: TestPostgres
let storage: TestStorage
let collector: TestCollector
let ports: Record<Name, number>
let env: Record<string, string>
const services = new Map<Name, ChildProcess>()
const logs = new Map<Name, string>()

beforeAll(async () => {
  ;[postgres, storage, collector] = await Promise.all([startPostgres(), startStorage(), startCollector()])
  ports = Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await freePort()])),
  ) as Record<Name, number>
  env = {
    PATH: process.env.PATH ?? '',
    HOST: '127.0.0.1',
    DATABASE_URL: postgres.url,
    AUTH_KEY_SECRET: randomBytes(32).toString('base64'),
    SECURE_COOKIES: 'false',
    AUTH_JWKS_URL: `${urlOf('auth')}/.well-known/jwks.json`,
    AUTH_URL: urlOf('auth'),
    PROJECTS_URL: urlOf('projects'),
    RENDER_URL: urlOf('render'),
    // Nobody opens a socket here.
    COLLAB_URL: urlOf('gateway'),
    S3_PUBLIC_ENDPOINT: storage.settings.S3_ENDPOINT,
    ...storage.settings,
    ...storage.env,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    // Longer than this test.
    OTEL_BSP_SCHEDULE_DELAY: '600000',
  }
  for (const name of names) if (name !== 'gateway') await migrated(name)
  // One after the other, auth first: nobody has to ask twice for its keys.
  for (const name of names) {
    start(name)
    await until(name, () =>
      fetch(`${urlOf(name)}/readyz`).then(
        ({ok}) => ok,
        () => false,
      ),
    )
  }
}, 300_000)
afterAll(async () => {
  for (const service of services.values()) service.kill('SIGKILL')
  await Promise.all([postgres.remove(), storage.remove(), collector.close()])
})

const urlOf = (name: Name) => `http://127.0.0.1:${ports[name]}`
const folderOf = (name: Name) => fileURLToPath(new URL(`../${name}`, import.meta.url))

async function migrated(name: Name): Promise<void> {
  const migration = spawn(process.execPath, ['src/migrate.ts'], {cwd: folderOf(name), env, stdio: 'inherit'})
  expect(await once(migration, 'close')).toEqual([0, null])
}

/** As its `npm start` does. */
function start(name: Name): void {
  const service = spawn(process.execPath, ['--import', '@pixelpulse/common/tracing', 'src/main.ts'], {
    cwd: folderOf(name),
    env: {...env, PORT: String(ports[name]), OTEL_SERVICE_NAME: name},
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  logs.set(name, '')
  service.stdout.on('data', (data: Buffer) => logs.set(name, (logs.get(name) ?? '') + data.toString()))
  services.set(name, service)
}

const logLines = (name: Name): LogLine[] =>
  (logs.get(name) ?? '')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as LogLine)

// What is answered, whoever asks knows.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
async function ask(method: string, path: string, body?: object, headers: object = {}): Promise<any> {
  const answer = await fetch(`${urlOf('gateway')}/api${path}`, {
    method,
    headers: {...(body && {'content-type': 'application/json'}), ...headers},
    ...(body && {body: JSON.stringify(body)}),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
  return text === '' ? undefined : JSON.parse(text)
}

/** Who asks has a trace of his own already. */
const caller = {traceId: randomBytes(16).toString('hex'), spanId: randomBytes(8).toString('hex')}

async function untilDrawn(designId: string, asAda: object, more: object = {}): Promise<void> {
  const {id} = await ask('POST', '/renders', {designId, format: 'png', width: 40}, {...asAda, ...more})
  await until('the picture', async () => {
    const {state} = await ask('GET', `/renders/${id}`, undefined, asAda)
    return state === 'done'
  })
}

async function stopped(name: Name): Promise<unknown> {
  const service = services.get(name)!
  const ended = once(service, 'close')
  service.kill('SIGTERM')
  return (await ended)[0]
}

/** From a span up to the first of its trace. */
function pathUp(span: ReceivedSpan, all: readonly ReceivedSpan[]): string[] {
  const parent = all.find(({spanId}) => spanId === span.parentSpanId)
  return [`${span.service}: ${span.kind} ${span.name}`, ...(parent ? pathUp(parent, all) : [])]
}

const traceOf = (traceId: string) => collector.spans().filter((span) => span.traceId === traceId)

beforeAll(async () => {
  const account = {email: `${randomUUID()}@example.net`, password: 'correct horse battery', name: 'Ada'}
  await ask('POST', '/auth/sign-up', account)
  const {accessToken} = await ask('POST', '/auth/log-in', account)
  const asAda = {authorization: `Bearer ${accessToken}`}
  const scene = {width: 40, height: 30, layers: []}
  const {id} = await ask('POST', '/designs', {title: 'Poster', scene}, asAda)
  await untilDrawn(id, asAda)
  await untilDrawn(id, asAda, {
    traceparent: `00-${caller.traceId}-${caller.spanId}-01`,
    baggage: 'customer=somebody',
  })
}, 60_000)

// They send nothing by themselves in the time of this test: all that the others look at was sent here.
test('SIGTERM ends a service with nothing of its traces lost', async () => {
  expect(collector.spans()).toEqual([])
  expect(await Promise.all(names.map(stopped))).toEqual(names.map(() => 0))
  expect(new Set(collector.spans().map(({service}) => service))).toEqual(new Set(names))
}, 60_000)

describe.each([
  {name: 'an order', isOurs: false},
  {name: 'an order of somebody who has a trace', isOurs: true},
])('$name', ({isOurs}) => {
  let all: readonly ReceivedSpan[]
  beforeAll(() => {
    const [first, ...others] = collector
      .spans()
      .filter(
        ({service, name, traceId}) =>
          service === 'gateway' && name === 'POST /api/renders' && (traceId === caller.traceId) === isOurs,
      )
    expect([first?.kind, others]).toEqual(['server', []])
    all = traceOf(first!.traceId)
  })

  test('is one trace: each span belongs to another one of it, but for the first', () => {
    const ids = new Set(all.map(({spanId}) => spanId))
    const first = all.filter(({parentSpanId}) => parentSpanId === undefined || !ids.has(parentSpanId))
    expect(first.map(({service, name}) => `${service}: ${name}`)).toEqual(['gateway: POST /api/renders'])
    expect(first[0]?.parentSpanId).toBe(isOurs ? caller.spanId : undefined)
  })

  test('leads from the gateway by render and its queue to the store', () => {
    const stores = all.filter(({scope}) => scope === '@opentelemetry/instrumentation-aws-sdk')
    expect(stores.map((span) => pathUp(span, all))).toEqual([
      [
        'render: client S3.PutObject',
        'render: consumer process render',
        'render: producer send render',
        expect.stringMatching(/^render: internal handler/),
        'render: server POST /renders',
        'gateway: client POST',
        expect.stringMatching(/^gateway: internal handler/),
        'gateway: server POST /api/renders',
      ],
    ])
  })

  test('leads by render to the rows of projects', () => {
    const reads = all.filter(({service, name}) => service === 'projects' && name.startsWith('pg.query'))
    expect(reads.length).toBeGreaterThan(0)
    for (const read of reads)
      expect(pathUp(read, all)).toEqual([
        'projects: client pg.query:SELECT postgres',
        expect.stringMatching(/^projects: internal handler/),
        'projects: server GET /designs/:id/render-input',
        'render: client GET',
        expect.stringMatching(/^render: internal handler/),
        'render: server POST /renders',
        'gateway: client POST',
        expect.stringMatching(/^gateway: internal handler/),
        'gateway: server POST /api/renders',
      ])
  })

  test.each(['gateway', 'render', 'projects'] as const)('is found by a line of the log of %s', (name) => {
    const [{traceId} = {traceId: ''}] = all
    const spans = new Set(all.filter(({service}) => service === name).map(({spanId}) => spanId))
    const lines = logLines(name).filter((line) => line.trace_id === traceId)
    expect(lines.map(({msg}) => msg)).toContain('request completed')
    for (const line of lines) expect(spans).toContain(line.span_id)
  })
})

test('what is asked every few seconds leaves no trace, nor does a queue with nothing in it', () => {
  const paths = collector.spans().map(({attributes}) => attributes['url.path'])
  for (const probe of ['/readyz', '/livez', '/metrics']) expect(paths).not.toContain(probe)
  expect(collector.spans().map(({name}) => name)).not.toContain('S3.HeadBucket')
  const firsts = collector.spans().filter(({parentSpanId}) => parentSpanId === undefined)
  const [ofKeys = [], others = []] = [true, false].map((is) =>
    firsts.filter(({attributes}) => (attributes['url.path'] === '/.well-known/jwks.json') === is),
  )
  // Fetched once by each that checks tokens, before anybody asks it.
  expect(ofKeys).toHaveLength(names.length - 1)
  expect(others.filter(({service}) => service !== 'gateway')).toEqual([])
})

test('nothing but traces is sent, and nothing that a caller said about himself is kept', async () => {
  expect(new Set(collector.paths())).toEqual(new Set(['/v1/traces']))
  const jobs = await postgres.query('select * from render_queue.job')
  expect(jobs.length).toBe(2)
  expect(JSON.stringify(jobs)).toContain(caller.traceId)
  expect(JSON.stringify(jobs)).not.toContain('customer=somebody')
})
