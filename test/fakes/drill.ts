import type {Drill, SteadyState} from '../../src/lib/drill/format/types.ts'

/** A claim that has to hold at the times that are given. */
export const claim = (parts: Partial<SteadyState> = {}): SteadyState => ({
  name: 'clients write',
  probe: {type: 'marker'},
  when: ['before', 'during', 'until-recovered', 'after'],
  paceSeconds: 0.01,
  timeoutSeconds: 1,
  allowedMisses: 0,
  goodInARow: 3,
  ...parts,
})

/** The drill of a lost primary, with what a test wants otherwise. */
export const drill = (parts: Partial<Drill> = {}): Drill => ({
  name: 'dr',
  file: '/fleet/playbooks/drills/dr.yaml',
  hash: 'ab'.repeat(32),
  title: 'The primary is lost',
  why: 'It will be, one day.',
  owner: 'database on-call',
  environments: ['lab'],
  targets: {database: 'main', hosts: ['{primary}'], maxHosts: 1, maxPods: 1, services: [], sites: []},
  guards: {windows: {}, stop: []},
  steadyState: [claim()],
  method: [
    {
      act: 'fault',
      name: 'power off',
      fault: {kind: 'power-off', host: '{primary}', from: [], expiresSeconds: 600},
    },
    {
      act: 'operation',
      name: 'fail over',
      operation: 'failover',
      with: {from: '{primary}', again: true},
      timeoutSeconds: 120,
    },
  ],
  objectives: {rtoSeconds: 30, rpoRows: 0, services: []},
  undo: [
    {act: 'operation', name: 'rejoin', operation: 'rejoin', with: {host: '{primary}'}, timeoutSeconds: 600},
  ],
  evidence: {keep: 50},
  notify: [],
  ...parts,
})
