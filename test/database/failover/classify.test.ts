import {describe, expect, test} from '@jest/globals'

import {classify} from '../../../src/lib/database/failover/classify.ts'
import type {Condition, Evidence, PoolerView, StandbyView} from '../../../src/lib/database/failover/types.ts'

const answers = {answers: true, said: 'answers'}
const silent = {answers: false, said: 'no answer'}
const running = {isRunning: true, controlState: 'in production', freeBytes: 5_000_000_000}

/** Silent for everybody; each case says what is different. */
const lost: Evidence = {
  host: 'db1',
  at: '2026-11-24T03:00:00Z',
  here: {ssh: silent, sql: silent},
  machine: undefined,
  power: undefined,
  powerSaid: undefined,
  standbys: ['db2', 'db3'].map((host) => standby(host, {})),
  poolers: ['edge1', 'edge2'].map((host) => pooler(host, {})),
}

function standby(host: string, some: Partial<StandbyView>): StandbyView {
  return {host, hears: false, lastMessageSeconds: 4, reach: 'silent', ...some}
}
function pooler(host: string, some: Partial<PoolerView>): PoolerView {
  return {host, sees: 'nothing', said: 'timed out', reach: 'silent', ...some}
}
const poolersSee = (some: Partial<PoolerView>) => ['edge1', 'edge2'].map((host) => pooler(host, some))
const standbysSee = (some: Partial<StandbyView>) => ['db2', 'db3'].map((host) => standby(host, some))

const cases: readonly {readonly what: string; readonly evidence: Partial<Evidence>; readonly condition: Condition}[] = [
  {
    what: 'it answers here and to the poolers',
    evidence: {here: {ssh: answers, sql: answers}, machine: running, poolers: poolersSee({sees: 'writable', reach: 'open'}), standbys: standbysSee({hears: true})},
    condition: 'healthy',
  },
  {
    what: 'it answers here and no pooler can say',
    evidence: {here: {ssh: answers, sql: answers}, machine: running, poolers: poolersSee({sees: undefined, reach: undefined})},
    condition: 'healthy',
  },
  {
    what: 'it answers here, and to one pooler of two',
    evidence: {here: {ssh: answers, sql: answers}, machine: running, poolers: [pooler('edge1', {}), pooler('edge2', {sees: 'writable'})]},
    condition: 'healthy',
  },
  {
    what: 'it answers here, and to no pooler',
    evidence: {here: {ssh: answers, sql: answers}, machine: running},
    condition: 'cut-off',
  },
  {
    what: 'it answers here and takes connections from the poolers, where pp gets no answer out of it',
    evidence: {here: {ssh: answers, sql: answers}, machine: running, poolers: poolersSee({said: 'FATAL: sorry, too many clients already', reach: 'open'})},
    condition: 'healthy',
  },
  {
    what: 'it answers here, not to one pooler, and the other one cannot be asked',
    evidence: {here: {ssh: answers, sql: answers}, machine: running, poolers: [pooler('edge1', {}), pooler('edge2', {sees: undefined, reach: undefined})]},
    condition: 'healthy',
  },
  {
    what: 'it answers, and its disk has no room for another segment',
    evidence: {here: {ssh: answers, sql: answers}, machine: {...running, freeBytes: 4096}, poolers: poolersSee({sees: 'writable'})},
    condition: 'disk-full',
  },
  {
    what: 'its host answers and no PostgreSQL runs there',
    evidence: {here: {ssh: answers, sql: silent}, machine: {...running, isRunning: false}},
    condition: 'process-dead',
  },
  {
    what: 'it crashed because its disk is full',
    evidence: {here: {ssh: answers, sql: silent}, machine: {isRunning: false, controlState: 'in production', freeBytes: 0}},
    condition: 'disk-full',
  },
  {
    what: 'its host answers, PostgreSQL runs and answers nobody',
    evidence: {here: {ssh: answers, sql: silent}, machine: running, poolers: poolersSee({reach: 'open'})},
    condition: 'hung',
  },
  {
    what: 'its host takes connections and nothing answers them: frozen',
    evidence: {poolers: poolersSee({reach: 'open'}), standbys: standbysSee({reach: 'open'}), power: 'on'},
    condition: 'hung',
  },
  {
    what: 'nothing answers anybody, its power is on',
    evidence: {power: 'on'},
    condition: 'host-dead',
  },
  {
    what: 'nothing answers anybody, its power is off',
    evidence: {power: 'off', powerSaid: 'off'},
    condition: 'host-dead',
  },
  {
    what: 'nothing answers anybody, and the switch is silent',
    evidence: {},
    condition: 'host-dead',
  },
  {
    what: 'a pooler sees it accept writes, though it is silent here',
    evidence: {poolers: [pooler('edge1', {}), pooler('edge2', {sees: 'writable'})]},
    condition: 'unreachable-from-here',
  },
  {
    what: 'a standby still hears from it, though it is silent here',
    evidence: {standbys: [standby('db2', {}), standby('db3', {hears: true})]},
    condition: 'unreachable-from-here',
  },
  {
    what: 'its host says that it runs, SQL fails from here, and a pooler sees it accept writes',
    evidence: {here: {ssh: answers, sql: silent}, machine: running, poolers: poolersSee({sees: 'writable'})},
    condition: 'unreachable-from-here',
  },
] // prettier-ignore

describe('the condition of a primary', () => {
  test.each(cases)('$condition: $what', ({evidence, condition}) => {
    expect(classify({...lost, ...evidence}).condition).toBe(condition)
  })

  test('is never lost while anybody hears it write, unless its own host says that it is dead', () => {
    for (const {evidence} of cases) {
      const {machine, here} = {...lost, ...evidence}
      if (machine?.isRunning === false || machine?.freeBytes === 0 || here.sql.answers) continue
      const heard = {...lost, ...evidence, standbys: standbysSee({hears: true})}
      expect(classify(heard).condition).toBe('unreachable-from-here')
    }
  })
})
