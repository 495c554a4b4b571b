// Scenario: a service is rolled out anew while somebody uses it. Who is being served is served; nobody new is led to it.
import {afterEach, describe, expect, test} from '@jest/globals'
import {spawn, type ChildProcess} from 'node:child_process'
import {once} from 'node:events'
import {setTimeout as sleep} from 'node:timers/promises'
import {fileURLToPath} from 'node:url'

import {until} from '../../test/until.ts'

interface Sample {
  readonly process: ChildProcess
  readonly url: string
  /** Lines of its log. */
  readonly said: () => string[]
  readonly ended: Promise<{readonly status: number | null; readonly signal: string | null}>
}

const running = new Set<ChildProcess>()
afterEach(() => {
  for (const process of running) process.kill('SIGKILL')
  running.clear()
})

function start(env: Record<string, string>): {process: ChildProcess; out: () => string; err: () => string} {
  const main = fileURLToPath(new URL('fixtures/service.ts', import.meta.url))
  const process_ = spawn(process.execPath, [main], {
    env: {PATH: process.env.PATH, HOST: '127.0.0.1', PORT: '0', PASSWORD: 'secret', ...env},
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(process_)
  const said = {out: '', err: ''}
  process_.stdout.on('data', (data: Buffer) => (said.out += data.toString()))
  process_.stderr.on('data', (data: Buffer) => (said.err += data.toString()))
  return {process: process_, out: () => said.out, err: () => said.err}
}

async function started(env: Record<string, string> = {}): Promise<Sample> {
  const {process, out} = start(env)
  const ended = once(process, 'close').then(([status, signal]) => ({
    status: status as number | null,
    signal: signal as string | null,
  }))
  const url = await until('its address', () =>
    Promise.resolve(/Server listening at (http:[\d.:/]+)/.exec(out())?.[1]),
  )
  return {
    process,
    url,
    ended,
    said: () =>
      out()
        .split('\n')
        .slice(0, -1)
        .map((line) => (JSON.parse(line) as {msg: string}).msg),
  }
}

/** A request that is being served when this returns. */
async function inFlight({url, said}: Sample, path: string): Promise<{answer: Promise<Response>}> {
  const answer = fetch(`${url}${path}`)
  answer.catch(() => undefined)
  await until('the request', () => Promise.resolve(said().includes('began')))
  return {answer}
}

const statusOf = (url: string) => fetch(url, {headers: {connection: 'close'}}).then(({status}) => status)

test.each(['SIGTERM', 'SIGINT'] as const)('%s: a service with nothing to do ends at once', async (signal) => {
  const sample = await started()
  expect(await statusOf(`${sample.url}/readyz`)).toBe(200)
  sample.process.kill(signal)
  expect(await sample.ended).toEqual({status: 0, signal: null})
  expect(sample.said().slice(-2)).toEqual(['stopping', 'stopped'])
})

test('for DRAIN_SECONDS it serves on, but says that nobody shall be led here', async () => {
  const sample = await started({DRAIN_SECONDS: '2'})
  sample.process.kill('SIGTERM')
  await until('the signal', () => Promise.resolve(sample.said().includes('stopping')))
  const readiness = await fetch(`${sample.url}/readyz`)
  expect(readiness.status).toBe(503)
  expect(await readiness.json()).toEqual({status: 'not ready', missing: ['draining']})
  expect(await statusOf(`${sample.url}/livez`)).toBe(200)
  expect(await statusOf(`${sample.url}/slow?ms=1`)).toBe(200)
  expect(await sample.ended).toEqual({status: 0, signal: null})
  await expect(fetch(`${sample.url}/livez`)).rejects.toThrow('fetch failed')
}, 30_000)

describe('a request that is in flight', () => {
  test('is finished, and then the service ends', async () => {
    const sample = await started()
    const {answer} = await inFlight(sample, '/slow?ms=1500')
    sample.process.kill('SIGTERM')
    expect(await (await answer).json()).toEqual({slept: 1500})
    expect(await sample.ended).toEqual({status: 0, signal: null})
  })

  test('whose answer was half sent is finished too, and its connection holds up nothing', async () => {
    const sample = await started()
    const {answer} = await inFlight(sample, '/stream')
    await answer
    sample.process.kill('SIGTERM')
    expect(await (await answer).text()).toBe('first last')
    expect(await sample.ended).toEqual({status: 0, signal: null})
  })

  test('that takes longer than GRACE_SECONDS is given up, with a line in the log and exit 1', async () => {
    const sample = await started({GRACE_SECONDS: '0.5'})
    const {answer} = await inFlight(sample, '/slow?ms=60000')
    sample.process.kill('SIGTERM')
    await expect(answer).rejects.toThrow('fetch failed')
    expect(await sample.ended).toEqual({status: 1, signal: null})
    expect(sample.said().at(-1)).toBe('what was in flight did not end in time')
  })
})

test('a connection that is kept open and idle holds up nothing', async () => {
  const sample = await started()
  await (await fetch(`${sample.url}/livez`)).text()
  await sleep(50)
  sample.process.kill('SIGTERM')
  expect(await sample.ended).toEqual({status: 0, signal: null})
})

test('settings that are wrong stop it with a line for each, exit 2, and no value of them is shown', async () => {
  const {process, out, err} = start({PASSWORD: 'hunter 2!', PORT: 'eighty', LOG_LEVEL: ''})
  const [status] = (await once(process, 'close')) as [number]
  expect(status).toBe(2)
  expect(out()).toBe('')
  expect(err().split('\n')).toEqual([
    'sample cannot start; its environment is wrong:',
    expect.stringMatching(/^ {2}PORT: /),
    '  PASSWORD: must be letters and digits',
    '',
  ])
  expect(err()).not.toMatch(/hunter|eighty/)
})
