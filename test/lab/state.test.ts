import {describe, expect, test} from '@jest/globals'

import {findHost, parseRecord, type LabRecord} from '../../src/lib/lab/state.ts'

const record: LabRecord = {
  schemaVersion: 1,
  name: 'try1',
  profile: 'database',
  bootId: 'b',
  base: 'base-1',
  programs: null,
  emulator: null,
  synchronous: true,
  subnetIndex: 3,
  setUp: null,
  hosts: [
    {
      name: 'db1',
      site: 'rack',
      ip: '10.77.3.11',
      mac: '02:70:70:03:00:0b',
      hasDataDisk: true,
      hasKubernetes: false,
      supervisor: null,
      init: null,
      instance: null,
    },
  ],
  realNodes: 6,
  simulated: [],
  faults: [
    {kind: 'cut', host: 'db1', from: ['edge1'], oneWay: true, process: null, units: [], delayMs: null},
  ],
  siteFaults: [{kind: 'link', how: 'blackhole', oneWay: true}],
  reconciler: null,
}

describe('the record of a lab', () => {
  test('reads back as it was written', () => {
    expect(parseRecord(JSON.stringify(record))).toEqual(record)
  })

  test.each([
    ['an empty file', ''],
    ['half a file', JSON.stringify(record).slice(0, 80)],
    [
      'a fault that no version knows',
      JSON.stringify({...record, faults: [{...record.faults[0], kind: 'melt'}]}),
    ],
    ['a record of a later version', JSON.stringify({...record, schemaVersion: 2})],
  ])('is none when it is %s', (_, text) => {
    expect(parseRecord(text)).toBeUndefined()
  })

  test('refuses a host that the lab does not have, naming those it has', () => {
    expect(() => findHost(record, 'db9')).toThrow('has no host "db9"; it has db1')
  })
})
