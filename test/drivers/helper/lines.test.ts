import {expect, test} from '@jest/globals'
import fc from 'fast-check'
import {BootClock} from '../../../src/lib/drivers/helper/clock.ts'
import {LineReader} from '../../../src/lib/drivers/helper/lines.ts'

test('lines arrive whole, however the stream is cut', () => {
  const text = fc.string({unit: 'grapheme'}).map((line) => line.replaceAll('\n', ' ').toWellFormed())
  fc.assert(
    fc.property(fc.array(text), fc.array(fc.integer({min: 1, max: 9})), (lines, sizes) => {
      const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''))
      const seen: string[] = []
      const reader = new LineReader((line) => seen.push(line))
      for (let start = 0, turn = 0; start < bytes.length; turn++) {
        const size = sizes[turn % Math.max(1, sizes.length)] ?? 4
        reader.push(bytes.subarray(start, start + size))
        start += size
      }
      expect(seen).toEqual(lines)
    }),
  )
})

test("the reckoned clock never runs ahead of the host's, whatever the delays", () => {
  const delay = fc.double({min: 0, max: 3, noNaN: true})
  fc.assert(
    fc.property(
      fc.array(fc.tuple(delay, delay, delay), {minLength: 1}),
      fc.double({min: 0, max: 1e6, noNaN: true}),
      (samples, ahead) => {
        let now = 0
        const clock = new BootClock(() => now)
        for (const [pause, there, back] of samples) {
          const askedAt = (now += pause)
          now += there
          const written = now + ahead
          now += back
          clock.learn(written, askedAt)
          expect(clock.seconds).toBeLessThanOrEqual(now + ahead + 1e-6)
          expect(clock.seconds + clock.uncertaintySeconds).toBeGreaterThanOrEqual(now + ahead - 1e-6)
        }
      },
    ),
  )
})
