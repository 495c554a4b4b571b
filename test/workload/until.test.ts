import {describe, expect, test} from '@jest/globals'

import {
  cronOf,
  cronTrigger,
  keptBy,
  stretchOf,
  triggerAmong,
  withTrigger,
} from '../../src/lib/workload/until.ts'

const at = (text: string) => Date.parse(text)
const queue = {type: 'metrics-api', metadata: {url: 'http://render/metrics'}}

test('a stretch has begun already and is over no sooner than asked for, in whole minutes', () => {
  expect(stretchOf(7200, at('2026-11-27T21:40:30Z'))).toEqual({
    from: '2026-11-27T21:39Z',
    to: '2026-11-27T23:41Z',
  })
  expect(stretchOf(60, at('2026-12-31T23:59:00Z'))).toEqual({
    from: '2026-12-31T23:58Z',
    to: '2027-01-01T00:00Z',
  })
  expect(cronOf('2027-01-01T00:00Z')).toBe('0 0 1 1 *')
})

describe("KEDA's trigger", () => {
  const text = cronTrigger(5, {from: '2026-12-31T22:59Z', to: '2027-01-01T01:00Z'})

  test('is put beside those that are there, and taken away from among them', () => {
    const both = withTrigger([queue], text)
    expect(both).toEqual([
      queue,
      {
        type: 'cron',
        name: 'pp-until',
        metadata: {desiredReplicas: '5', end: '0 1 1 1 *', start: '59 22 31 12 *', timezone: 'UTC'},
      },
    ])
    expect(triggerAmong(both)).toBe(text)
    expect(withTrigger(both, null)).toEqual([queue])
    expect(triggerAmong([queue])).toBeNull()
  })

  test.each([
    {now: '2026-12-31T23:30:00Z', isOver: false, to: '2027-01-01T01:00Z'},
    {now: '2027-01-01T00:59:59Z', isOver: false, to: '2027-01-01T01:00Z'},
    {now: '2027-01-01T01:00:00Z', isOver: true, to: '2027-01-01T01:00Z'},
    {now: '2027-08-01T00:00:00Z', isOver: true, to: '2027-01-01T01:00Z'},
  ])('at $now is over: $isOver', ({now, isOver, to}) => {
    expect(keptBy(text, at(now))).toEqual({replicas: 5, isOver, to, text})
  })

  test('that somebody else has written under that name says nothing', () => {
    const odd = triggerAmong([
      {name: 'pp-until', type: 'cron', metadata: {start: '@daily', end: '0 1 * * *'}},
    ])
    expect(keptBy(odd, at('2026-11-27T00:00:00Z'))).toBeUndefined()
  })
})
