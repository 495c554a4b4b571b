import {describe, expect, test} from '@jest/globals'
import fc from 'fast-check'

import {writableMembers} from '../../../src/lib/database/facts.ts'
import {Failover} from '../../../src/lib/database/failover/failover.ts'
import {planFailover, planFailoverBack, type FailoverPlan} from '../../../src/lib/database/failover/plan.ts'
import type {FailoverStep} from '../../../src/lib/database/failover/types.ts'
import type {ClusterState, Memory} from '../../../src/lib/database/types.ts'
import {healthyCluster, primary, standby, withMember} from '../../fakes/cluster-state.ts'
import {applyFailoverStep, crashedCluster, failoverIntent, silentCluster} from '../../fakes/lost-cluster.ts'

const intent = {...failoverIntent, synchronousNames: 'ANY 1 (db1, db2, db3)'}
const stepsOf = (plan: FailoverPlan): readonly FailoverStep[] => {
  if (plan.kind === 'refused') throw new Error(`${plan.code}: ${plan.reason}`)
  return plan.steps
}
const kinds = (plan: FailoverPlan) =>
  plan.kind === 'refused' ? plan.code : plan.steps.map((step) => step.kind)

const all = stepsOf(planFailover(crashedCluster(), intent))
const promoteAt = all.findIndex((step) => step.kind === 'promote')
const prefix = fc.integer({min: 0, max: all.length})
const interrupted = (n: number): ClusterState => all.slice(0, n).reduce(applyFailoverStep, crashedCluster())
const before = new Failover({} as never, intent, crashedCluster()).before()
const memory = (n: number): Memory => ({
  before,
  stop: undefined,
  isPromoteIntended: all.slice(0, n).some((step) => step.kind === 'promote'),
  mayLackLines: false,
})

describe('planning a failover', () => {
  test('fences first, measures, promotes, then brings clients and standbys over', () => {
    expect(all.map((step) => step.kind)).toEqual([
      'tag',
      'arm',
      'hold',
      'detach',
      'fence-lost',
      'salvage',
      'measure',
      'promote',
      'release',
      'probe',
      'disarm',
      'checkpoint-new',
      'prepare-slots',
      'follow',
      'synchronous',
    ])
  })

  test('reads the disk of the lost primary only where its host answers', () => {
    expect(kinds(planFailover(crashedCluster(), intent))).toContain('salvage')
    expect(kinds(planFailover(silentCluster(), intent))).not.toContain('salvage')
  })

  test('refuses when another member has become primary meanwhile', () => {
    const state = withMember(crashedCluster(), 'db3', () => primary('db3', 8))
    expect(kinds(planFailover(state, intent))).toBe('OTHER_PRIMARY')
  })

  test('whose new primary is a standby again promotes nobody and holds nobody', () => {
    const promoted = interrupted(promoteAt + 1)
    const again = withMember(promoted, intent.to, () => standby(intent.to, intent.from, intent.timeline + 1))
    expect(kinds(planFailover(again, intent))).toEqual(['route', 'disarm'])
    const led = all.reduce(applyFailoverStep, crashedCluster())
    const later = withMember(led, intent.to, () => standby(intent.to, intent.from, intent.timeline + 1))
    expect(kinds(planFailover(later, intent))).toEqual([])
  })

  test('leaves a primary alone that was cut off from its clients, once they reach it again', () => {
    const cutOff = {...intent, condition: 'cut-off'} as const
    expect(kinds(planFailover(healthyCluster(), cutOff, false))).toContain('fence-lost')
    expect(kinds(planFailover(healthyCluster(), cutOff, true))).toBe('PRIMARY_ALIVE')
  })

  test('leaves a primary alone that accepts writes again, unless its clients cannot reach it', () => {
    const back = withMember(crashedCluster(), 'db1', () => primary('db1'))
    expect(kinds(planFailover(back, intent))).toBe('PRIMARY_ALIVE')
    expect(kinds(planFailover(back, {...intent, condition: 'cut-off'}))).toContain('fence-lost')
  })

  test('fences the lower timeline at once when the lost primary is writable beside the new one', () => {
    const promoted = withMember(crashedCluster(), 'db2', () => primary('db2', 8))
    const both = withMember(promoted, 'db1', () => primary('db1', 7))
    expect(stepsOf(planFailover(both, intent))[0]).toEqual({kind: 'fence-lost', host: 'db1'})
    const equal = withMember(promoted, 'db1', () => primary('db1', 8))
    expect(kinds(planFailover(equal, intent))).toBe('TWO_WRITABLE')
  })

  test('never promotes without a fence and a measurement in the same run, wherever the last one ended', () => {
    fc.assert(
      fc.property(prefix, fc.boolean(), (n, isSilent) => {
        const state = isSilent
          ? withMember(interrupted(n), 'db1', (member) => ({
              ...member,
              machine: undefined,
              session: undefined,
            }))
          : interrupted(n)
        const plan = kinds(planFailover(state, intent))
        if (!plan.includes('promote')) return true
        const [detachedAt, fencedAt, measuredAt, promotedAt] = (
          ['detach', 'fence-lost', 'measure', 'promote'] as const
        ).map((kind) => plan.indexOf(kind))
        expect([detachedAt, fencedAt, measuredAt, promotedAt]).not.toContain(-1)
        return (
          (detachedAt ?? 0) < (fencedAt ?? 0) &&
          (fencedAt ?? 0) < (measuredAt ?? 0) &&
          (measuredAt ?? 0) < (promotedAt ?? 0)
        )
      }),
    )
  })

  test('never holds clients without guards that lead elsewhere than back', () => {
    fc.assert(
      fc.property(prefix, (n) => {
        const plan = kinds(planFailover(interrupted(n), intent))
        return (
          !plan.includes('hold') ||
          (plan.indexOf('tag') < plan.indexOf('arm') && plan.indexOf('arm') < plan.indexOf('hold'))
        )
      }),
    )
  })

  test('never has two writable members', () => {
    fc.assert(fc.property(prefix, (n) => writableMembers(interrupted(n)).length <= 1))
  })

  test('planned again after any prefix of steps ends where the whole plan ends', () => {
    const end = interrupted(all.length)
    fc.assert(
      fc.property(prefix, (n) => {
        const rest = stepsOf(planFailover(interrupted(n), intent))
        expect(rest.reduce(applyFailoverStep, interrupted(n))).toEqual(end)
      }),
    )
    expect(kinds(planFailover(end, intent))).toEqual([])
  })
})

describe('the way back', () => {
  test('leaves every standby with the settings it had, and no pooler held, after any step before the promotion', () => {
    fc.assert(
      fc.property(fc.integer({min: 0, max: promoteAt}), (n) => {
        const end = stepsOf(planFailoverBack(interrupted(n), intent, memory(n))).reduce(
          applyFailoverStep,
          interrupted(n),
        )
        for (const image of before.members.filter(({host}) => host !== 'db1'))
          expect(end.members.find(({host}) => host === image.host)?.session?.settings).toEqual(image.settings)
        expect(
          end.poolers
            .flatMap(({processes}) => processes.flatMap(({entries}) => entries))
            .some(({isPaused}) => isPaused),
        ).toBe(false)
      }),
    )
  })

  test('puts a fenced primary back in service', () => {
    const plan = kinds(planFailoverBack(interrupted(promoteAt), intent, memory(promoteAt)))
    expect(plan).toEqual(expect.arrayContaining(['untag', 'unfence', 'put-back', 'route', 'disarm']))
  })

  test('is refused once the candidate accepts writes', () => {
    expect(kinds(planFailoverBack(interrupted(promoteAt + 1), intent, memory(promoteAt + 1)))).toBe(
      'ALREADY_PROMOTED',
    )
  })

  test('is refused when the candidate was promoted and its server does not answer: its writes would be lost', () => {
    const state = withMember(interrupted(promoteAt + 1), 'db2', (member) => ({
      ...member,
      session: undefined,
      machine: member.machine && {
        ...member.machine,
        control: {
          state: 'in production',
          timeline: intent.timeline,
          checkpointLsn: '0/5000028',
          systemIdentifier: intent.systemIdentifier,
        },
      },
    }))
    expect(kinds(planFailoverBack(state, intent, memory(promoteAt + 1)))).toBe('ALREADY_PROMOTED')
  })

  test('is refused when a promotion may have been sent and the candidate is silent', () => {
    const state = withMember(interrupted(promoteAt), 'db2', (member) => ({
      ...member,
      machine: undefined,
      session: undefined,
    }))
    expect(kinds(planFailoverBack(state, intent, {...memory(promoteAt), isPromoteIntended: true}))).toBe(
      'MEMBER_UNREACHABLE',
    )
  })

  test('gives a fenced candidate the settings back that it shall stream by, before it waits for that', () => {
    const state = [...all.slice(0, promoteAt), {kind: 'fence', host: 'db2'} as const].reduce(
      applyFailoverStep,
      crashedCluster(),
    )
    const back = stepsOf(planFailoverBack(state, intent, memory(promoteAt + 1)))
    const image = before.members.find(({host}) => host === 'db2')
    expect(back.find((step) => step.kind === 'return')).toMatchObject({
      host: 'db2',
      settings: image?.settings,
    })
  })
})

test('a standby that gives up the lost primary makes no plan stale; one that streams from another does', () => {
  const print = (upstream: string | undefined) => {
    const state = withMember(silentCluster(), 'db2', (member) => ({
      ...member,
      session: member.session && {...member.session, upstream},
    }))
    return new Failover({} as never, intent, state).fingerprint()
  }
  expect(print(undefined)).toBe(print(intent.from))
  expect(print('db3')).not.toBe(print(intent.from))
})
