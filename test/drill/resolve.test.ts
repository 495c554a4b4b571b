import {describe, expect, test} from '@jest/globals'

import {resolveDrill} from '../../src/lib/drill/resolve.ts'
import type {Targets} from '../../src/lib/drill/format/types.ts'
import {healthyCluster, standby, withMember} from '../fakes/cluster-state.ts'
import {drill} from '../fakes/drill.ts'

const targets = (hosts: readonly string[], maxHosts = 3): Targets => ({
  database: 'main',
  hosts,
  maxHosts,
  maxPods: 1,
  services: [],
  sites: [],
})

describe('finding the targets of a drill', () => {
  test('names the primary, a standby and a pooler as they are now', () => {
    const found = resolveDrill(
      drill({targets: targets(['{primary}', '{standby}', '{pooler}'])}),
      healthyCluster(),
    )
    expect(found).toMatchObject({
      kind: 'resolved',
      hosts: {'{primary}': 'db1', '{standby}': 'db3', '{pooler}': 'edge2'},
      targets: ['db1', 'db3', 'edge2'],
    })
  })

  test('puts the hosts into faults and into the flags of operations', () => {
    expect(resolveDrill(drill(), healthyCluster())).toMatchObject({
      method: [{fault: {host: 'db1'}}, {with: {from: 'db1', again: true}}],
      undo: [{with: {host: 'db1'}}],
    })
  })

  test('refuses where there is no single primary', () => {
    const state = withMember(healthyCluster(), 'db1', () => standby('db1', 'db2'))
    expect(resolveDrill(drill(), state)).toMatchObject({kind: 'refused', code: 'TARGET_MISSING'})
  })

  test('refuses more hosts than the cap, however they are named', () => {
    expect(resolveDrill(drill({targets: targets(['{primary}', 'db2'], 1)}), healthyCluster())).toMatchObject({
      code: 'TARGETS_OVER_CAP',
      reason: expect.stringContaining('db1, db2') as unknown,
    })
    expect(resolveDrill(drill({targets: targets(['{primary}', 'db1'], 1)}), healthyCluster())).toMatchObject({
      kind: 'resolved',
      targets: ['db1'],
    })
  })

  test('refuses a host that is none of the database', () => {
    expect(resolveDrill(drill({targets: targets(['web1'])}), healthyCluster())).toMatchObject({
      code: 'TARGET_UNKNOWN',
    })
  })
})
