import {describe, expect, test} from '@jest/globals'

import type {AwsInstance} from '../../src/lib/lab/aws/emulator.ts'
import {shareOut} from '../../src/lib/lab/aws/simulated.ts'
import type {HostRecord} from '../../src/lib/lab/state.ts'

const instance = (id: string, ageSeconds: number): AwsInstance => ({
  id,
  host: `host-of-${id}`,
  zone: 'us-east-1a',
  group: 'render',
  instanceType: 'c7i.xlarge',
  labels: {},
  state: 'pending',
  ageSeconds,
  delaySeconds: 0,
})
const host = (of: string | null): HostRecord => ({
  name: of ?? 'aws-ctl',
  site: 'aws',
  ip: '10.78.0.74',
  mac: '',
  hasDataDisk: false,
  hasKubernetes: true,
  supervisor: null,
  init: null,
  instance: of,
})
const due = [instance('young', 1), instance('old', 9), instance('middle', 5)]

describe('instances that are due', () => {
  test.each([
    ['all get a host where there is room', 6, ['old', 'middle', 'young'], []],
    [
      'the oldest get what is left; hosts that no node group made do not count',
      3,
      ['old', 'middle'],
      ['young'],
    ],
    ['none gets one where all are taken', 1, [], ['old', 'middle', 'young']],
    ['none gets one where the setting has been lowered since', 0, [], ['old', 'middle', 'young']],
  ])('%s', (_title, realNodes, real, simulated) => {
    const shared = shareOut({realNodes, hosts: [host('i-1'), host(null)]}, due)
    expect(shared.real.map(({id}) => id)).toEqual(real)
    expect(shared.simulated.map(({id}) => id)).toEqual(simulated)
  })
})
