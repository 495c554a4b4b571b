// What pp reads of a Prometheus, in answers as Prometheus 2.42 gives them.
import {afterEach, beforeEach, expect, test} from '@jest/globals'
import {once} from 'node:events'
import {createServer, type Server} from 'node:http'
import type {AddressInfo} from 'node:net'

import {firingAlerts} from '../../../src/lib/drivers/prometheus/firing-alerts.ts'
import {queryPrometheus} from '../../../src/lib/drivers/prometheus/query.ts'

let server: Server
let address: string
let answer: {status: number; body: string}
let asked: string | undefined

beforeEach(async () => {
  server = createServer((request, response) => {
    asked = request.url
    response.writeHead(answer.status).end(answer.body)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(() => {
  server.close()
})

const says = (data: object) => {
  answer = {status: 200, body: JSON.stringify({status: 'success', data})}
}

test('alerts that fire, and not those that only may', async () => {
  const labels = {alertname: 'AuthErrors', service: 'auth', site: 'rack', severity: 'page'}
  says({
    alerts: [
      {labels, annotations: {}, state: 'firing', activeAt: '2026-11-27T23:00:00Z', value: '1e+00'},
      {labels: {...labels, alertname: 'AuthSlow'}, annotations: {}, state: 'pending', value: '1'},
      {labels: {alertname: 'Watchdog'}, annotations: {}, state: 'firing', value: '1'},
    ],
  })
  expect(await firingAlerts(address)).toEqual([
    {name: 'AuthErrors', service: 'auth', site: 'rack'},
    {name: 'Watchdog', service: null, site: null},
  ])
})

test('the values of a query, below an address that has a path', async () => {
  says({
    resultType: 'vector',
    result: [
      {metric: {job: 'auth'}, value: [1795820958.1, '0.5']},
      {metric: {}, value: [1795820958.1, '+Inf']},
    ],
  })
  expect(await queryPrometheus(`${address}/prometheus`, 'up{job="auth"} > 0', 1000)).toEqual([0.5, Infinity])
  expect(asked).toBe('/prometheus/api/v1/query?query=up%7Bjob%3D%22auth%22%7D+%3E+0')
  says({resultType: 'scalar', result: [1, 'NaN']})
  expect(await queryPrometheus(address, 'scalar(x)', 1000)).toEqual([Number.NaN])
})

test.each([
  {what: 'an error', status: 400, body: '{"error":"parse error"}'},
  {what: 'a page of somebody else', status: 200, body: '<html>'},
])('$what is no answer', async ({status, body}) => {
  answer = {status, body}
  const error = {code: 'PROMETHEUS_SILENT', outcome: 'unavailable'}
  await expect(firingAlerts(address)).rejects.toMatchObject(error)
  await expect(queryPrometheus(address, 'up', 1000)).rejects.toMatchObject(error)
})

test('nobody there is no answer', async () => {
  server.close()
  await expect(firingAlerts(address)).rejects.toMatchObject({code: 'PROMETHEUS_SILENT'})
})
