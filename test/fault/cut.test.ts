import {describe, expect, test} from '@jest/globals'

import {cutName} from '../../src/lib/fault/cut.ts'
import {describeFault, sameFault} from '../../src/lib/fault/faults.ts'
import type {FaultRecord} from '../../src/lib/fault/types.ts'
import {dropRules} from '../../src/lib/lab/cable.ts'

const cut = (from: readonly string[], oneWay = false): FaultRecord =>
  ({kind: 'cut', host: 'db1', from, oneWay, process: null, units: [], delayMs: null}) // prettier-ignore

const rules = (from: readonly string[], oneWay: boolean): readonly string[] =>
  dropRules('t', 'db1', from, oneWay)
    .split('\n')
    .filter((line) => line.includes('drop'))

describe('a cut', () => {
  test('from everybody drops whatever the host sends and gets', () => {
    expect(rules([], false)).toEqual(['iifname "db1" counter drop', 'oifname "db1" counter drop'])
  })

  test('from two hosts leaves all others alone', () => {
    expect(rules(['edge1', 'operator'], false)).toEqual([
      'iifname "db1" oifname "edge1" counter drop',
      'iifname "edge1" oifname "db1" counter drop',
      'iifname "db1" oifname "operator" counter drop',
      'iifname "operator" oifname "db1" counter drop',
    ])
  })

  test('from a host of the other site looks at its address, since all of that site comes through one port', () => {
    expect(rules(['10.78.0.41'], false)).toEqual([
      'iifname "db1" ip daddr 10.78.0.41 counter drop',
      'ip saddr 10.78.0.41 oifname "db1" counter drop',
    ])
  })

  test('one way loses only what the host sends', () => {
    expect(rules(['edge1'], true)).toEqual(['iifname "db1" oifname "edge1" counter drop'])
    expect(rules([], true)).toEqual(['iifname "db1" counter drop'])
  })

  test('looks at no connection state, so that established connections fall silent too', () => {
    expect(dropRules('t', 'db1', [], false)).not.toMatch(/\bct\b/)
  })

  test('of the same host from others has rules of its own', () => {
    const names = [cut([]), cut(['edge1']), cut(['edge1', 'edge2']), cut(['edge1'], true)].map(cutName)
    expect(new Set(names).size).toBe(4)
  })

  test('is the same one whatever the order of its hosts', () => {
    expect(sameFault(cut(['a', 'b']), cut(['b', 'a']))).toBe(true)
    expect(sameFault(cut(['a']), cut(['a'], true))).toBe(false)
  })

  test('is told in words', () => {
    expect(describeFault(cut(['edge1'], true))).toBe('cut off from edge1, one way: it hears and is not heard')
  })
})
