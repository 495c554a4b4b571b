import {describe, expect, test} from '@jest/globals'

import {PauseWatch, TimelineWatch} from './invariants.ts'
import {roundOf} from './schedule.ts'

const rounds = (seed: number) => Array.from({length: 50}, (_, round) => roundOf(seed, round))

describe('a schedule', () => {
  test('is the same for the same seed, whatever came before a round', () => {
    expect(rounds(7)).toEqual(rounds(7))
    expect(roundOf(7, 49)).toEqual(rounds(7)[49])
    expect(rounds(8)).not.toEqual(rounds(7))
  })

  test('meets every kind of fault and of blow within 50 rounds', () => {
    const events = rounds(1).flatMap((round) => round.events)
    const faults = new Set(events.map((event) => (event.do === 'break' ? event.fault.kind : undefined)))
    expect(faults.size).toBeGreaterThanOrEqual(9)
    const blows = events.flatMap((event) => (event.do === 'pp' && event.blow ? [event.blow] : []))
    expect(new Set(blows.map(({act}) => act))).toEqual(new Set(['kill', 'stop']))
  })
})

const write = (host: string, timeline: number, begun: number, acknowledged = begun + 1) =>
  ({host, timeline, begun, acknowledged}) // prettier-ignore

describe('the watch over who acknowledges', () => {
  test.each([
    {name: 'lets a primary hand over', writes: [write('a', 1, 0), write('b', 2, 5)], found: 0},
    {name: 'lets a write of before the hand-over come late', writes: [write('b', 2, 5), write('a', 1, 4, 9)], found: 0}, // prettier-ignore
    {name: 'sees an old primary go on', writes: [write('a', 1, 0), write('b', 2, 5), write('a', 1, 7)], found: 1}, // prettier-ignore
    {name: 'sees it whichever line arrives first', writes: [write('a', 1, 7), write('b', 2, 5)], found: 1},
    {name: 'sees two members on one timeline', writes: [write('a', 2, 0), write('b', 2, 5)], found: 1},
  ])('$name', ({writes, found}) => {
    const watch = new TimelineWatch()
    for (const one of writes) watch.add(one)
    expect(watch.violations).toHaveLength(found)
  })
})

describe('the watch over pauses', () => {
  test('sees one that lasts too long, and takes a host that stood still for no pause', () => {
    const watch = new PauseWatch(3)
    for (const at of [0, 1, 2, 3]) watch.add('edge1', at, ['main'])
    expect(watch.violations).toEqual([])
    watch.add('edge1', 4, ['main'])
    expect(watch.violations).toHaveLength(1)
    const other = new PauseWatch(3)
    for (const at of [0, 1, 20, 21]) other.add('edge1', at, ['main'])
    expect(other.violations).toEqual([])
  })
})
