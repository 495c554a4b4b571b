import type {DrillReport} from '../../src/lib/drill/report/report-types.ts'

/** A run of `dr` that went well. */
export const passed = (parts: Partial<DrillReport> = {}): DrillReport => ({
  schemaVersion: 1,
  id: 'dr-20261126T091205',
  operation: '06FR4NY3KF',
  drill: {
    name: 'dr',
    title: 'The rack loses the host of its primary database',
    why: 'A standby that nobody has promoted for a year is a hope, not a plan.',
    owner: 'database on call',
    file: '/fleet/playbooks/drills/dr.yaml',
    hash: 'ab'.repeat(32),
  },
  fleet: 'pixelpulse',
  environment: 'lab',
  operator: 'ana@ops1',
  startedAt: '2026-11-26T09:12:05.000Z',
  endedAt: '2026-11-26T09:12:52.500Z',
  planHash: 'cd'.repeat(32),
  versions: {pp: '0.1.0', PostgreSQL: '15.14'},
  outcome: 'done',
  exitCode: 0,
  reasons: [],
  manual: [],
  objectives: [
    {id: 'rto', title: 'clients write again', limit: 30, unit: 's', measured: 3.125, status: 'met'},
    {
      id: 'rpo',
      title: 'acknowledged rows that are missing',
      limit: 0,
      unit: 'rows',
      measured: 0,
      status: 'met',
    },
  ],
  rto: {
    seconds: 3.125,
    from: 2.25,
    to: 5.375,
    split: {detect: 0.75, decide: 0.5, act: 1.5, reconnect: 0.375},
    operationSeconds: 4.25,
  },
  rpo: {acknowledged: 188, found: 188, lost: [], unknownFound: 1, unknownMissing: 4},
  probes: [
    {
      name: 'clients-write',
      time: 'before',
      status: 'held',
      looks: 1,
      misses: 0,
      allowedMisses: 0,
      said: undefined,
    },
    {
      name: 'outage-ends',
      time: 'during',
      status: 'held',
      looks: 40,
      misses: 3,
      allowedMisses: 45,
      said: 'no answer',
    },
  ],
  acts: [
    {
      name: 'power-off',
      kind: 'fault',
      from: 2,
      to: 2.5,
      status: 'done',
      says: 'the switch says off',
      operation: undefined,
    },
    {
      name: 'failover',
      kind: 'operation',
      from: 3,
      to: 7.25,
      status: 'done',
      says: 'db1 → db2: degraded',
      operation: '06FR4P0XP9',
    },
  ],
  faults: [
    {
      name: 'power-off',
      kind: 'power-off',
      host: 'db1',
      injectedAt: 2.5,
      liftedAt: 14,
      inForce: 'the switch says off, SSH is silent',
      gone: 'the switch says on, SSH answers',
    },
  ],
  spans: [
    {probe: 'marker rows', from: 0, to: 2.25, state: 'good'},
    {probe: 'marker rows', from: 2.25, to: 5.375, state: 'bad'},
    {probe: 'marker rows', from: 5.375, to: 20, state: 'good'},
    {probe: 'outage-ends', from: 0, to: 20, state: 'no-data'},
  ],
  ...parts,
})

/** The objective was missed by a recovery that was slow. */
export const missed = (): DrillReport =>
  passed({
    outcome: 'missed',
    exitCode: 10,
    reasons: ['rto: 45.5 s, objective 30 s'],
    objectives: [
      {id: 'rto', title: 'clients write again', limit: 30, unit: 's', measured: 45.5, status: 'missed'},
      {id: 'service:page', title: 'page', limit: 0.99, unit: 'share', measured: undefined, status: 'unknown'},
    ],
  })

/** Rows that were acknowledged are gone. */
export const lostRows = (): DrillReport =>
  passed({
    outcome: 'missed',
    exitCode: 10,
    reasons: ['rpo: 3 rows, objective 0 rows'],
    objectives: [
      {
        id: 'rpo',
        title: 'acknowledged rows that are missing',
        limit: 0,
        unit: 'rows',
        measured: 3,
        status: 'missed',
      },
    ],
    rpo: {acknowledged: 188, found: 185, lost: [101, 102, 107], unknownFound: 0, unknownMissing: 0},
  })

/** Something is still broken, and what names it tries to be more than text. */
export const leftBroken = (): DrillReport =>
  passed({
    outcome: 'human',
    exitCode: 13,
    reasons: ['FAULT_STILL_IN_FORCE: power-off on <db1> & "co" was undone, but \u202Eecrof ni'],
    manual: ['pp drill undo dr-20261126T091205', 'switch db1 on'],
    rto: undefined,
    rpo: undefined,
    objectives: [],
    drill: {...passed().drill, title: '<script>alert(1)</script> | `x` \u0007'},
    faults: [{...passed().faults[0]!, liftedAt: undefined, gone: undefined}],
  })
