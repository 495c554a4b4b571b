// Times of New York, where clocks were put forward on 2026-03-08 at 02:00 and back on 2026-11-01 at 02:00, both Sundays.
import {describe, expect, test} from '@jest/globals'
import fc from 'fast-check'

import type {Weekday, Windows} from '../../src/lib/drill/format/types.ts'
import {windowVerdict} from '../../src/lib/drill/windows.ts'

const everyDay: readonly Weekday[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']

interface Allowed {
  readonly days?: readonly Weekday[]
  readonly from: string
  readonly to: string
}

const newYork = (allowed: readonly Allowed[], blocked: Windows['blocked'] = []): Windows => ({
  timeZone: 'America/New_York',
  allowed: allowed.map(({days = everyDay, from, to}) => ({days, from, to})),
  blocked,
})

/** `open`, or when it opens. */
function verdict(windows: Windows | undefined, at: string): string | undefined {
  const said = windowVerdict(windows, new Date(at))
  return said.isOpen ? 'open' : said.opensAt
}

test('without windows, and with a zone alone, it is open', () => {
  expect(verdict(undefined, '2026-11-26T09:00:00Z')).toBe('open')
  expect(verdict(newYork([]), '2026-11-26T09:00:00Z')).toBe('open')
})

describe('a window on Saturdays from 02:00 to 05:00', () => {
  const windows = newYork([{days: ['sat'], from: '02:00', to: '05:00'}])

  test.each([
    {at: '2026-11-28T01:59:59-05:00', says: '2026-11-28T02:00:00-05:00'},
    {at: '2026-11-28T02:00:00-05:00', says: 'open'},
    {at: '2026-11-28T04:59:59-05:00', says: 'open'},
    {at: '2026-11-28T05:00:00-05:00', says: '2026-12-05T02:00:00-05:00'},
    {at: '2026-11-26T03:00:00-05:00', says: '2026-11-28T02:00:00-05:00'},
  ])('at $at: $says', ({at, says}) => expect(verdict(windows, at)).toBe(says))

  test('says what the clock shows there and what it is outside of', () => {
    expect(windowVerdict(windows, new Date('2026-11-26T09:05:00Z'))).toEqual({
      isOpen: false,
      why: 'it is thu 04:05 in America/New_York, outside sat 02:00–05:00',
      opensAt: '2026-11-28T02:00:00-05:00',
    })
  })
})

describe('a window over midnight belongs to the day on which it begins', () => {
  const windows = newYork([{days: ['fri'], from: '22:00', to: '02:00'}])

  test.each([
    {at: '2026-11-27T01:00:00-05:00', says: '2026-11-27T22:00:00-05:00'},
    {at: '2026-11-27T22:00:00-05:00', says: 'open'},
    {at: '2026-11-28T01:59:00-05:00', says: 'open'},
    {at: '2026-11-28T02:00:00-05:00', says: '2026-12-04T22:00:00-05:00'},
  ])('at $at: $says', ({at, says}) => expect(verdict(windows, at)).toBe(says))

  test('one from 20:00 to 24:00 ends at midnight', () => {
    const evening = newYork([{from: '20:00', to: '24:00'}])
    expect(verdict(evening, '2026-11-27T23:59:59-05:00')).toBe('open')
    expect(verdict(evening, '2026-11-28T00:00:00-05:00')).toBe('2026-11-28T20:00:00-05:00')
  })
})

describe('blocked days', () => {
  const block = {from: '2026-12-24', to: '2026-12-26', why: 'holidays'}
  const windows = newYork([{from: '22:00', to: '02:00'}], [block])

  test.each([
    {name: 'begin at midnight, in the middle of a window', at: '2026-12-23T23:59:00-05:00', says: 'open'},
    {name: 'cut it off there', at: '2026-12-24T00:00:00-05:00', says: '2026-12-27T00:00:00-05:00'},
    {name: 'count with their last one', at: '2026-12-26T23:00:00-05:00', says: '2026-12-27T00:00:00-05:00'},
    {name: 'end at midnight, in the middle of a window', at: '2026-12-27T00:00:00-05:00', says: 'open'},
  ])('$name', ({at, says}) => expect(verdict(windows, at)).toBe(says))

  test('are days of the zone: those of UTC begin five hours earlier', () => {
    expect(verdict(windows, '2026-12-24T04:59:00Z')).toBe('open')
  })

  test('are named with their reason', () => {
    expect(windowVerdict(windows, new Date('2026-12-25T12:00:00-05:00'))).toMatchObject({
      why: '2026-12-25 is blocked in America/New_York: holidays',
    })
  })

  test('without windows block all the same', () => {
    expect(verdict(newYork([], [block]), '2026-12-25T12:00:00-05:00')).toBe('2026-12-27T00:00:00-05:00')
  })

  test('that never end leave no time to name', () => {
    const forever = newYork([], [{from: '2026-01-01', to: '2099-12-31', why: 'sold'}])
    expect(verdict(forever, '2026-12-25T12:00:00-05:00')).toBeUndefined()
  })
})

describe('when clocks are put forward from 02:00 to 03:00', () => {
  test.each([
    {
      name: 'a window from 02:30 to 04:00 opens at 03:00',
      from: '02:30',
      to: '04:00',
      at: '2026-03-08T01:59:59-05:00',
      says: '2026-03-08T03:00:00-04:00',
    },
    {name: 'and is open then', from: '02:30', to: '04:00', at: '2026-03-08T03:00:00-04:00', says: 'open'},
    {
      name: 'one from 01:00 to 02:30 is open until the gap',
      from: '01:00',
      to: '02:30',
      at: '2026-03-08T01:59:59-05:00',
      says: 'open',
    },
    {
      name: 'and closed after it',
      from: '01:00',
      to: '02:30',
      at: '2026-03-08T03:00:00-04:00',
      says: '2026-03-09T01:00:00-04:00',
    },
    {
      name: 'one that lies in the gap does not open on that day',
      from: '02:15',
      to: '02:45',
      at: '2026-03-08T01:00:00-05:00',
      says: '2026-03-09T02:15:00-04:00',
    },
    {
      name: 'not at the times that others take for it either',
      from: '02:15',
      to: '02:45',
      at: '2026-03-08T03:20:00-04:00',
      says: '2026-03-09T02:15:00-04:00',
    },
  ])('$name', ({from, to, at, says}) => expect(verdict(newYork([{from, to}]), at)).toBe(says))
})

describe('when clocks are put back from 02:00 to 01:00', () => {
  test.each([
    {
      name: 'the hour that comes twice is open the first time',
      from: '01:00',
      to: '02:00',
      at: '2026-11-01T01:30:00-04:00',
      says: 'open',
    },
    {name: 'and the second time', from: '01:00', to: '02:00', at: '2026-11-01T01:30:00-05:00', says: 'open'},
    {
      name: 'a part of it opens twice',
      from: '01:10',
      to: '01:20',
      at: '2026-11-01T01:30:00-04:00',
      says: '2026-11-01T01:10:00-05:00',
    },
    {
      name: 'one that is over opens again when the clock is put back into it',
      from: '00:30',
      to: '01:20',
      at: '2026-11-01T01:30:00-04:00',
      says: '2026-11-01T01:00:00-05:00',
    },
    {
      name: 'one that begins later does so once',
      from: '02:00',
      to: '03:00',
      at: '2026-11-01T01:59:59-04:00',
      says: '2026-11-01T02:00:00-05:00',
    },
  ])('$name', ({from, to, at, says}) => expect(verdict(newYork([{from, to}]), at)).toBe(says))
})

test('the time that is named is the first minute that is open', () => {
  const clock = fc
    .integer({min: 0, max: 47})
    .map((half) => `${String(Math.floor(half / 2)).padStart(2, '0')}:${half % 2 === 0 ? '00' : '30'}`)
  const allowed = fc
    .record({days: fc.subarray([...everyDay], {minLength: 1}), from: clock, to: clock})
    .filter(({from, to}) => from !== to)
  const aroundChanges = fc.constantFrom(
    '2026-03-07T12:00:00Z',
    '2026-10-31T12:00:00Z',
    '2026-06-01T12:00:00Z',
  )
  fc.assert(
    fc.property(
      fc.array(allowed, {minLength: 1, maxLength: 3}),
      aroundChanges,
      fc.integer({min: 0, max: 2 * 1440}),
      (ones, start, minutes) => {
        const windows = newYork(ones, [{from: '2026-11-01', to: '2026-11-01', why: 'a block'}])
        const at = Date.parse(start) + minutes * 60_000
        const said = windowVerdict(windows, new Date(at))
        if (said.isOpen) return
        const opens = Date.parse(said.opensAt ?? '')
        expect(windowVerdict(windows, new Date(opens)).isOpen).toBe(true)
        // Every window begins and ends at half hours, and so do clocks' changes.
        for (let before = opens - 1; before > at; before -= 30 * 60_000)
          expect(windowVerdict(windows, new Date(before)).isOpen).toBe(false)
      },
    ),
    {numRuns: 60},
  )
})
