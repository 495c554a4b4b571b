import {expect, test} from '@jest/globals'
import {Counter, Gauge, Registry} from 'prom-client'

import {samplesOf} from '../../src/lib/workload/exposition.ts'

test('what a service writes is read back as it was, whatever its labels hold', async () => {
  const registry = new Registry()
  const counter = new Counter({name: 'jobs_total', help: 'a', labelNames: ['route'], registers: [registry]})
  new Gauge({name: 'jobs', help: 'another', registers: [registry]}).set(2.5e-7)
  const routes = ['/a', 'with "quotes", = and }', 'a \\ and a\nnew line', '']
  for (const [count, route] of routes.entries()) counter.inc({route}, count + 1)
  const text = await registry.metrics()
  expect(samplesOf(text, 'jobs_total')).toEqual(
    routes.map((route, count) => ({labels: {route}, value: count + 1})),
  )
  expect(samplesOf(text, 'jobs')).toEqual([{labels: {}, value: 2.5e-7}])
  expect(samplesOf(text, 'job')).toEqual([])
})

test('values that are no number, times and comments', () => {
  const text = '# HELP a help a 1\na{b="c"} +Inf 1700000000000\na NaN\n'
  expect(samplesOf(text, 'a')).toEqual([
    {labels: {b: 'c'}, value: Infinity},
    {labels: {}, value: Number.NaN},
  ])
})
