import {describe, expect, test} from '@jest/globals'
import fc from 'fast-check'

import {freeSubnets} from '../../src/lib/lab/subnet.ts'

const first = (taken: readonly string[]): string | undefined => freeSubnets(taken)[0]?.cidr

describe('the subnet of a lab', () => {
  test('is the first of its range on a machine without networks of that kind', () => {
    expect(first(['192.0.2.2/24', '127.0.0.1/8'])).toBe('10.77.0.0/24')
  })

  test('is never one that this machine has an address in', () => {
    expect(first(['10.77.0.1/24'])).toBe('10.77.1.0/24')
  })

  test('is never one that a wider route leads to', () => {
    expect(first(['10.77.0.0/17'])).toBe('10.77.128.0/24')
  })

  test('is never one that a single host route lies in', () => {
    expect(first(['10.77.0.200'])).toBe('10.77.1.0/24')
  })

  test('is never one whose other site has a network in use', () => {
    expect(first(['10.78.0.0/23'])).toBe('10.77.2.0/24')
  })

  test('does not exist where a private network takes the whole range', () => {
    expect(freeSubnets(['10.0.0.0/8'])).toEqual([])
  })

  test('overlaps no network in use, whatever those are', () => {
    const network = fc.tuple(fc.integer({min: 0, max: 255}), fc.integer({min: 16, max: 32}))
    fc.assert(
      fc.property(fc.array(network, {maxLength: 20}), (networks) => {
        const taken = networks.map(([third, bits]) => `10.77.${third}.1/${bits}`)
        const free = freeSubnets(taken).map(({index}) => index)
        for (const [third, bits] of networks) {
          const width = bits >= 24 ? 1 : 2 ** (24 - bits)
          const start = Math.floor(third / width) * width
          expect(free.filter((index) => index >= start && index < start + width)).toEqual([])
        }
      }),
    )
  })
})
