import {describe, expect, test} from '@jest/globals'
import fc from 'fast-check'

import {lookLine, markerLine, ProberLines} from '../../../src/lib/drivers/prober/lines.ts'
import type {Marker} from '../../../src/lib/drivers/prober/types.ts'

const clocks = {monotonic: 10, boottime: 12, wall: '2026-01-01T00:00:00.000Z'}
const first = JSON.stringify({schemaVersion: 1, run: 'R1', bootId: 'b', paceSeconds: 0.1, ...clocks})
const last = JSON.stringify({ended: 'stopped', ...clocks})
const marker = (n: number): Marker => ({
  n,
  fate: 'acknowledged',
  startedAt: n,
  endedAt: n + 0.01,
  at: clocks.wall,
  code: null,
  pooler: 'edge1:6432',
})
const textOf = (...lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('')
const whole = textOf(first, ...[1, 2, 3].map((n) => JSON.stringify(marker(n))), last)

describe("the prober's lines", () => {
  test('are the same however they are cut into pieces', () => {
    fc.assert(
      fc.property(fc.integer({min: 1, max: 80}), (size) => {
        const lines = new ProberLines('markers', markerLine)
        for (let at = 0; at < whole.length; at += size) lines.push(whole.slice(at, at + size))
        expect(lines.first).toMatchObject({run: 'R1', bootId: 'b', ...clocks})
        expect(lines.entries).toEqual([1, 2, 3].map(marker))
        expect(lines.ended).toBe('stopped')
      }),
    )
  })

  test('wait for their end', () => {
    const lines = new ProberLines('markers', markerLine)
    lines.push(textOf(first, JSON.stringify(marker(1))) + '{"n":2,"fate":"ackno')
    expect(lines.entries).toEqual([marker(1)])
    expect(lines.ended).toBeUndefined()
  })

  test('of a file that has not begun are none', () => {
    const lines = new ProberLines('probes', lookLine)
    lines.push('')
    lines.push('{"schemaVersion":1,"run"')
    expect(lines.first).toBeUndefined()
  })

  test.each([
    ['no JSON', textOf(first, '\0\0\0\0')],
    ['a fate that is none', textOf(first, JSON.stringify({...marker(1), fate: 'lost'}))],
    ['another file', textOf('{"n":1}')],
  ])('that are %s are not believed', (_, text) => {
    const lines = new ProberLines('markers', markerLine)
    expect(() => {
      lines.push(text)
    }).toThrow(expect.objectContaining({code: 'PROBER_GARBLED'}))
  })
})
