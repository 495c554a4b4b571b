import {memberOf} from '../../src/lib/database/facts.ts'
import {planFailover} from '../../src/lib/database/failover/plan.ts'
import type {FailoverIntent, FailoverStep} from '../../src/lib/database/failover/types.ts'
import {planRejoin} from '../../src/lib/database/rejoin/plan.ts'
import type {RejoinStep} from '../../src/lib/database/rejoin/types.ts'
import type {ClusterState, MemberState} from '../../src/lib/database/types.ts'
import {
  applyStep,
  healthyCluster,
  intent,
  primary,
  withMember,
  withSynchronousNames,
} from './cluster-state.ts'

export const failoverIntent: FailoverIntent = {
  ...intent,
  condition: 'process-dead',
  because: 'its host answers, and no PostgreSQL runs there',
  maxLoss: {bytes: 0, seconds: undefined},
  conninfo: 'user=pp_replication host=db1 application_name=db2',
  lostSynchronousNames: '',
  isFenceForced: false,
}

/** db1 has crashed on a host that answers; its standbys stream from nobody. */
export function crashedCluster(): ClusterState {
  const state = ['db2', 'db3'].reduce(
    (cluster, host) => withUpstream(cluster, host, undefined),
    healthyCluster(),
  )
  return withMember(state, 'db1', (member) => ({
    ...member,
    session: undefined,
    machine: member.machine && {...member.machine, isRunning: false},
  }))
}

/** The same, and its host is silent. */
export const silentCluster = (): ClusterState =>
  withMember(crashedCluster(), 'db1', (member) => ({...member, machine: undefined, problems: ['no answer']}))

function withUpstream(state: ClusterState, host: string, upstream: string | undefined): ClusterState {
  return withMember(state, host, (member) => ({
    ...member,
    session: member.session && {...member.session, upstream},
  }))
}

/** What a step does to the world, as `applyStep` has it for planned changes. */
export function applyFailoverStep(state: ClusterState, step: FailoverStep): ClusterState {
  switch (step.kind) {
    case 'tag':
    case 'untag':
    case 'salvage':
    case 'measure':
      return state
    case 'hold':
      return applyStep(state, {kind: 'pause', poolers: step.poolers, host: 'db1'})
    case 'detach':
      return step.hosts.reduce((cluster, host) => withMember(cluster, host, detached), state)
    case 'fence-lost':
      return memberOf(state, step.host).machine
        ? applyStep(state, {kind: 'fence', host: step.host})
        : withMember(state, step.host, (member) => ({...member, session: undefined}))
    case 'release':
      return applyStep(state, {kind: 'route', poolers: step.poolers, host: step.host})
    default:
      return applyStep(state, step)
  }
}

function detached(member: MemberState): MemberState {
  const {session} = member
  return {
    ...member,
    session: session && {
      ...session,
      upstream: undefined,
      settings: {...session.settings, primaryConninfo: ''},
    },
  }
}

/** Every step that replacing a lost primary in the lab writes into its journal, in their order. */
export function failoverSteps(): readonly FailoverStep['kind'][] {
  const names = 'ANY 1 (db1, db2, db3)'
  const state = ['db1', 'db2', 'db3'].reduce(
    (cluster, host) => withSynchronousNames(cluster, host, names),
    crashedCluster(),
  )
  const plan = planFailover(state, {...failoverIntent, synchronousNames: names})
  return plan.kind === 'steps' ? plan.steps.map((step) => step.kind) : []
}

/** Every step that bringing db1 back after that writes into its journal. */
export function rejoinSteps(): readonly RejoinStep['kind'][] {
  const names = 'ANY 1 (db1, db2, db3)'
  const fenced = withMember(crashedCluster(), 'db1', (member) => ({
    ...member,
    machine: member.machine && {...member.machine, isFenced: true, hasStandbySignal: true},
  }))
  const promoted = withMember(fenced, 'db2', () => primary('db2', 8))
  const poolers = promoted.poolers.map((pooler) => pooler.host)
  const state = applyStep(promoted, {kind: 'route', poolers, host: 'db2'})
  const request = {...intent, synchronousNames: names, conninfo: failoverIntent.conninfo}
  const plan = planRejoin(
    withSynchronousNames(state, 'db2', names),
    {...request, how: 'rejoin', removeOld: false},
    {isCopied: false, problem: undefined},
  )
  return plan.kind === 'steps' ? plan.steps.map((step) => step.kind) : []
}
