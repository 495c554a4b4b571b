import {afterEach, expect, test} from '@jest/globals'
import {spawn, type ChildProcess} from 'node:child_process'
import {once} from 'node:events'
import {fileURLToPath} from 'node:url'

import {freePort} from '../../../test/free-port.ts'
import {startCollector} from '../../test/servers/traces.ts'
import {until} from '../../test/until.ts'

let sample: ChildProcess | undefined
afterEach(() => void sample?.kill('SIGKILL'))

/** A service with tracing, which has been asked something that it has told nobody of yet. */
async function asked(
  collectorUrl: string,
): Promise<{url: string; end: () => Promise<unknown>; err: () => string}> {
  const main = fileURLToPath(new URL('fixtures/service.ts', import.meta.url))
  const url = `http://127.0.0.1:${await freePort()}`
  const child = spawn(process.execPath, ['--import', '@pixelpulse/common/tracing', main], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: {
      PATH: process.env.PATH,
      HOST: '127.0.0.1',
      PORT: new URL(url).port,
      PASSWORD: 'secret',
      GRACE_SECONDS: '1',
      OTEL_EXPORTER_OTLP_ENDPOINT: collectorUrl,
      OTEL_SERVICE_NAME: 'sample',
      OTEL_BSP_SCHEDULE_DELAY: '600000',
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  sample = child
  let err = ''
  child.stderr.on('data', (data: Buffer) => (err += data.toString()))
  await until('the service', () =>
    fetch(`${url}/slow?ms=1`).then(
      ({ok}) => ok,
      () => false,
    ),
  )
  return {
    url,
    err: () => err,
    async end() {
      child.kill('SIGTERM')
      const [status] = (await once(child, 'close')) as unknown[]
      return status
    },
  }
}

test('a collector that is away is no failure of a service, and does not hold up its end for long', async () => {
  const {end, err} = await asked(`http://127.0.0.1:${await freePort()}`)
  const began = performance.now()
  expect(await end()).toBe(0)
  expect(performance.now() - began).toBeLessThan(7000)
  expect(err()).toBe('the last traces are lost: nobody takes them\n')
}, 60_000)

test('traces are sent also by a service that has to give up what is in flight', async () => {
  const collector = await startCollector()
  const {url, end} = await asked(collector.url)
  const overdue = fetch(`${url}/slow?ms=60000`).catch(() => undefined)
  await until('the request', async () => {
    const metrics = await (await fetch(`${url}/metrics`)).text()
    return /nodejs_active_resources\{type="Timeout".*\} [1-9]/.test(metrics)
  })
  expect(await end()).toBe(1)
  await overdue
  expect(collector.spans()).toContainEqual(
    expect.objectContaining({service: 'sample', kind: 'server', name: 'GET /slow'}),
  )
  await collector.close()
}, 60_000)
