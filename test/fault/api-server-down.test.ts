import {beforeEach, expect, test} from '@jest/globals'

import {apiServerDownFault} from '../../src/lib/fault/api-server-down.ts'
import type {Fault, Proof} from '../../src/lib/fault/types.ts'

/** Hosts of the control plane whose API server runs. */
let running: Set<string>
let done: string[]
/** Answers that are still "not ready" once all run again. */
let starting: number

beforeEach(() => {
  running = new Set(['ctl1', 'ctl2'])
  done = []
  starting = 0
})

const onHost = (host: string): Fault<unknown> => ({
  apply() {
    done.push(`stop ${host}`)
    return Promise.resolve(running.delete(host))
  },
  undo() {
    done.push(`start ${host}`)
    running.add(host)
    return Promise.resolve()
  },
  proveInForce: () => Promise.resolve(proof(host, !running.has(host))),
  proveGone: () => Promise.resolve(proof(host, running.has(host))),
})
const proof = (host: string, holds: boolean): Proof => ({
  holds,
  measured: `${host} ${running.has(host) ? 'runs' : 'is stopped'}`,
})
const answers = (): Promise<string | undefined> =>
  Promise.resolve(running.size === 0 ? undefined : starting-- > 0 ? 'not ready' : 'ok')

const fault = (hosts = ['ctl1', 'ctl2']) => apiServerDownFault(hosts.map(onHost), answers)

test('stops the API server on every host, and proves it from outside too', async () => {
  await fault().apply()
  expect(await fault().proveInForce()).toEqual({
    holds: true,
    measured: 'ctl1 is stopped; ctl2 is stopped; from here it does not answer',
  })
  expect((await fault().proveGone()).holds).toBe(false)
})

test('is not proved while something still answers, though its hosts say it is stopped', async () => {
  await fault(['ctl1']).apply()
  expect(await fault(['ctl1']).proveInForce()).toEqual({
    holds: false,
    measured: 'ctl1 is stopped; from here it answers ok',
  })
})

test('undone, it starts them in the other order and waits until the API server is ready', async () => {
  await fault().apply()
  starting = 1
  await fault().undo()
  expect(done).toEqual(['stop ctl1', 'stop ctl2', 'start ctl2', 'start ctl1'])
  expect(starting).toBe(-1)
  expect(await fault().proveGone()).toEqual({
    holds: true,
    measured: 'ctl1 runs; ctl2 runs; from here it answers ok',
  })
})

test('is not gone while the API server is not ready', async () => {
  starting = 1
  expect(await fault().proveGone()).toEqual({
    holds: false,
    measured: 'ctl1 runs; ctl2 runs; from here it answers not ready',
  })
})
