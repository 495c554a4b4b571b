import {afterAll, beforeAll, expect, test} from '@jest/globals'
import {once} from 'node:events'
import {createServer, type Server} from 'node:http'
import type {AddressInfo} from 'node:net'

import {TemporaryFleet} from '../fleet/temporary-fleet.ts'
import {freePort} from '../free-port.ts'
import {runPp} from '../run-pp.ts'

const metrics = `service_info{service="render",version="0.1.0",image="pixelpulse/render:0a1b"} 1
process_start_time_seconds{service="render"} ${Date.now() / 1000 - 3700}
# TYPE http_request_duration_seconds histogram
http_request_duration_seconds_count{method="POST",route="/renders",status="202"} 8
http_request_duration_seconds_count{method="POST",route="/renders",status="503"} 2
http_request_duration_seconds_count{method="GET",route="/readyz",status="503"} 9
render_queue_depth{service="render"} 3
render_queue_oldest_age_seconds{service="render"} 12.4
`

const servers: Server[] = []
let fleet: TemporaryFleet
let urls: Record<'ready' | 'notReady' | 'silent' | 'gone', string>

/** Answers as an instance does; one that is silent takes the connection and says nothing. */
async function instance(answers: Record<string, [status: number, body: string]>): Promise<string> {
  const server = createServer((request, response) => {
    const [status, body] = answers[request.url ?? ''] ?? []
    if (status !== undefined) response.writeHead(status).end(body)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  servers.push(server)
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

beforeAll(async () => {
  urls = {
    ready: await instance({'/readyz': [200, '{"status":"ok","missing":[]}'], '/metrics': [200, metrics]}),
    notReady: await instance({
      '/readyz': [503, '{"status":"not ready","missing":["database"]}'],
      '/metrics': [200, metrics.replace(':0a1b', ':2c3d')],
    }),
    silent: await instance({}),
    gone: `http://127.0.0.1:${await freePort()}`,
  }
  fleet = new TemporaryFleet()
  fleet.rewrite((text) =>
    text.replace(
      /^environments:/m,
      `services:
  render: {instances: ['${urls.ready}', '${urls.notReady}']}
  auth: {instances: ['${urls.silent}']}
  collab: {instances: ['${urls.gone}']}
environments:`,
    ),
  )
})
afterAll(() => {
  fleet[Symbol.dispose]()
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
})

const pp = (...argv: readonly string[]) => runPp(['services', ...argv, '--fleet', fleet.file])

test('shows what runs, and why an instance is not ready', async () => {
  const {exitCode, stdout} = await pp()
  expect(exitCode).toBe(0)
  const {gone, notReady, silent} = urls
  expect(stdout).toBe(
    `SERVICE  READY  VERSION  UP       ERRORS   QUEUE           IMAGE
render   1/2    0.1.0    1 h 2 m  4 of 20  3, oldest 12 s  pixelpulse/render:0a1b, pixelpulse/render:2c3d
auth     0/1    –        –        –        –               –
collab   0/1    –        –        –        –               –

✖ render ${notReady}: not ready: database
✖ auth ${silent}: no answer: The operation was aborted due to timeout
✖ collab ${gone}: no answer: connect ECONNREFUSED ${gone.replace('http://', '')}`,
  )
})

test('gives the same as one document', async () => {
  const answer = (await pp('render', '--json')).json()
  expect(answer).toMatchObject({
    schemaVersion: 1,
    services: [
      {
        name: 'render',
        instances: [
          {
            url: urls.ready,
            isReady: true,
            version: '0.1.0',
            image: 'pixelpulse/render:0a1b',
            requests: 10,
            errors: 2,
            queue: {depth: 3, oldestSeconds: 12.4},
          },
          {url: urls.notReady, isReady: false, problem: 'not ready: database'},
        ],
      },
    ],
  })
})

test('with --check ends with 13 while an instance is not ready', async () => {
  expect((await pp('--check')).exitCode).toBe(13)
})

test('a name that is not there is refused with the nearest one', async () => {
  const {exitCode, stderr} = await pp('rendr')
  expect(exitCode).toBe(2)
  expect(stderr).toContain('SERVICE_UNKNOWN')
  expect(stderr).toContain('pp services render')
})

test('says so when the fleet names none', async () => {
  using other = new TemporaryFleet()
  expect((await runPp(['services', '--fleet', other.file])).stdout).toBe(
    'The fleet file names no services here; its section is services.',
  )
})
