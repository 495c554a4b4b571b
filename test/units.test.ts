import {describe, expect, test} from '@jest/globals'
import fc from 'fast-check'

import {formatDuration, parseDuration} from '../src/lib/duration.ts'
import {formatSize, parseSize} from '../src/lib/size.ts'

describe('a duration', () => {
  test.each([
    ['500ms', 0.5],
    ['5s', 5],
    ['2m', 120],
    ['1.5h', 5400],
    ['1d', 86_400],
    ['5', undefined],
    ['5 minutes', undefined],
    ['-5s', undefined],
    ['', undefined],
  ])('written %j is %j seconds', (text, seconds) => expect(parseDuration(text)).toBe(seconds))

  test.each([
    [0.012, '12 ms'],
    [0.44, '0.4 s'],
    [31, '31 s'],
    [125, '2 m 5 s'],
    [3600, '1 h'],
    [93_600, '1 d 2 h'],
  ])('of %j seconds reads %j', (seconds, text) => expect(formatDuration(seconds)).toBe(text))
})

describe('a size', () => {
  test.each([
    ['2MB', 2_000_000],
    ['2MiB', 2_097_152],
    ['2097152', 2_097_152],
    ['0', 0],
    ['1.5 kB', 1500],
    ['2 apples', undefined],
    ['-1', undefined],
    ['99999999TB', undefined],
    ['0.3', undefined],
  ])('written %j is %j bytes', (text, bytes) => expect(parseSize(text)).toBe(bytes))

  test.each([
    [0, '0 B'],
    [48_000, '48 kB'],
    [1_900_000, '1.9 MB'],
    [999_999, '1.0 MB'],
  ])('of %j bytes reads %j', (bytes, text) => expect(formatSize(bytes)).toBe(text))

  test('of any number of bytes reads in at most seven characters', () => {
    fc.assert(fc.property(fc.nat({max: 10 ** 14}), (bytes) => formatSize(bytes).length <= 8))
  })
})
