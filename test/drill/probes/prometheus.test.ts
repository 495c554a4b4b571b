// One look by the probe `prometheus`, at a server that answers as Prometheus 2.42 does.
import {afterAll, beforeAll, expect, test} from '@jest/globals'
import {once} from 'node:events'
import {createServer, type Server} from 'node:http'
import type {AddressInfo} from 'node:net'

import {lookAt} from '../../../src/lib/drill/probes/look.ts'
import type {Vantage} from '../../../src/lib/drill/probes/vantage.ts'

let server: Server
let address: string
/** Undefined: it takes the question and says nothing. */
let answer: {status: number; body: object} | undefined

beforeAll(async () => {
  server = createServer((_, response) => {
    if (answer) response.writeHead(answer.status).end(JSON.stringify(answer.body))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

function look(prometheus: string | undefined, timeoutSeconds = 2) {
  const probe = {type: 'prometheus', query: 'x', tolerance: {min: 1, max: 3}} as const
  return lookAt(probe, {fleet: {prometheus}} as unknown as Vantage, timeoutSeconds)
}

const series = (...values: readonly string[]) => ({
  status: 200,
  body: {data: {resultType: 'vector', result: values.map((value) => ({metric: {}, value: [1, value]}))}},
})

test.each([
  {name: 'the least that is wanted', says: series('1'), look: {state: 'good', said: '1'}},
  {name: 'the most', says: series('3'), look: {state: 'good', said: '3'}},
  {name: 'less', says: series('0.5'), look: {state: 'bad', said: '0.5, wanted 1 or more and 3 or less'}},
  {name: 'more', says: series('4'), look: {state: 'bad', said: '4, wanted 1 or more and 3 or less'}},
  {
    name: 'more than any number',
    says: series('+Inf'),
    look: {state: 'bad', said: 'Infinity, wanted 1 or more and 3 or less'},
  },
  {name: 'no series', says: series(), look: {state: 'no-data', said: 'no series'}},
  {
    name: 'several series, each of them right',
    says: series('2', '2'),
    look: {state: 'no-data', said: '2 series, wanted one'},
  },
  {name: 'a series without a number', says: series('NaN'), look: {state: 'no-data', said: 'no number'}},
  {
    name: 'an error of Prometheus',
    says: {status: 422, body: {status: 'error', error: 'query timed out'}},
    look: {state: 'bad', said: expect.stringContaining('it answers 422: {"status":"error","error":"query')},
  },
])('$name is $look.state', async ({says, look: wanted}) => {
  answer = says
  expect(await look(address)).toEqual(wanted)
})

test('no answer in time is bad', async () => {
  answer = undefined
  expect(await look(address, 0.2)).toEqual({state: 'bad', said: expect.stringMatching(/no answer/)})
})

test('a fleet without a Prometheus has no data', async () => {
  expect(await look(undefined)).toEqual({state: 'no-data', said: 'the fleet names no Prometheus'})
})
