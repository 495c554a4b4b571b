import {memberOf, slotName} from '../../src/lib/database/facts.ts'
import {planForward} from '../../src/lib/database/plan.ts'
import type {
  ClusterState,
  MemberState,
  PoolerState,
  ReplicationSettings,
  SwitchoverIntent,
  SwitchoverStep,
} from '../../src/lib/database/types.ts'

export const systemIdentifier = '7431000000000000001'
export const hosts = ['db1', 'db2', 'db3'] as const

export const intent: SwitchoverIntent = {
  database: 'main',
  from: 'db1',
  to: 'db2',
  timeline: 7,
  systemIdentifier,
  maxLagBytes: 16_777_216,
  pauseSeconds: 1,
  windowSeconds: 4,
  patienceSeconds: 15,
  synchronousNames: '',
  acceptUnlogged: false,
  acceptSlotLoss: false,
}

const conninfo = (host: string, upstream: string) =>
  `user=pp_replication host=${upstream} application_name=${host}`

/** db1 is primary on timeline 7, db2 and db3 stream from it, two pooler hosts lead to it. */
export function healthyCluster(): ClusterState {
  return {
    database: 'main',
    members: hosts.map((host) => (host === 'db1' ? primary(host) : standby(host, 'db1'))),
    poolers: ['edge1', 'edge2'].map((host) => pooler(host, 'db1')),
    voters: [...hosts, 'edge1', 'edge2'].map((host) => ({
      host,
      answers: true,
      operation: undefined,
      journals: [],
    })),
  }
}

export function primary(host: string, timeline = 7): MemberState {
  return {
    host,
    problems: [],
    tags: [],
    machine: {
      isHelperCurrent: true,
      isRunning: true,
      isMasked: false,
      unit: 'postgresql@15-main.service',
      unitRestart: 'no',
      freeBytes: 1_000_000_000,
      control: {state: 'in production', timeline, checkpointLsn: '0/5000028', systemIdentifier},
      unfinished: undefined,
      hasStandbySignal: false,
      promoteSentToken: undefined,
      isFenced: false,
      clusterManagers: [],
    },
    session: {
      isInRecovery: false,
      timeline,
      systemIdentifier,
      serverVersion: '15.14',
      startedAt: '2026-01-01',
      lsn: '0/5000100',
      receivedLsn: undefined,
      replaysOwnWal: false,
      replayDelaySeconds: undefined,
      isReplayPaused: false,
      upstream: undefined,
      followers: ['db1', 'db2', 'db3']
        .filter((name) => name !== host)
        .map((name) => ({name, isStreaming: true, sync: 'quorum', replayLsn: '0/5000100'})),
      slots: [
        {name: 'db2', kind: 'physical', isActive: true, survivesFailover: false},
        {name: 'db3', kind: 'physical', isActive: true, survivesFailover: false},
      ],
      settings: settings({}),
      archiver: {isOn: true, readySegments: 0, failures: 0},
      unloggedTables: [],
      preparedTransactions: 0,
      walSenderShutdownTimeoutMs: -1,
    },
  }
}

export function standby(host: string, upstream: string, timeline = 7): MemberState {
  const base = primary(host, timeline)
  if (!base.machine || !base.session) throw new Error('a primary has both')
  return {
    ...base,
    machine: {
      ...base.machine,
      hasStandbySignal: true,
      control: {state: 'in archive recovery', timeline, checkpointLsn: '0/5000028', systemIdentifier},
    },
    session: {
      ...base.session,
      isInRecovery: true,
      upstream,
      followers: [],
      slots: [],
      settings: settings({primaryConninfo: conninfo(host, upstream), primarySlotName: slotName(host)}),
    },
  }
}

export function pooler(host: string, target: string): PoolerState {
  return {
    host,
    problems: [],
    fileTarget: target,
    isGuardArmed: false,
    fencedMembers: [],
    isHelperCurrent: true,
    processes: [
      {
        name: 'main-1',
        entries: [{name: 'pixelpulse', target, poolMode: 'transaction', isPaused: false}],
        clients: 4,
        queryWaitTimeoutSeconds: 120,
        undeclared: [],
        clientLoginTimeoutSeconds: 60,
        serverLoginRetrySeconds: 15,
      },
    ],
  }
}

function settings(some: Partial<ReplicationSettings>): ReplicationSettings {
  return {
    primaryConninfo: '',
    primarySlotName: '',
    synchronousStandbyNames: '',
    recoveryTargetTimeline: 'latest',
    recoveryMinApplyDelayMs: 0,
    ...some,
  }
}

/** The steps of a change of primary in a synchronous cluster whose members all name every member, as the lab's do. */
export function plannedSteps(): readonly SwitchoverStep['kind'][] {
  const names = 'ANY 1 (db1, db2, db3)'
  const state = hosts.reduce((cluster, host) => withSynchronousNames(cluster, host, names), healthyCluster())
  const plan = planForward(
    state,
    {...intent, synchronousNames: names},
    {before: undefined, stop: undefined, isPromoteIntended: false, mayLackLines: false},
  )
  return plan.kind === 'steps' ? plan.steps.map((step) => step.kind) : []
}

type Change<T> = (value: T) => T

export function withMember(state: ClusterState, host: string, change: Change<MemberState>): ClusterState {
  return {...state, members: state.members.map((member) => (member.host === host ? change(member) : member))}
}

function withSession(
  state: ClusterState,
  host: string,
  some: Partial<NonNullable<MemberState['session']>>,
): ClusterState {
  return withMember(state, host, (member) =>
    member.session ? {...member, session: {...member.session, ...some}} : member,
  )
}

export function withSynchronousNames(state: ClusterState, host: string, names: string): ClusterState {
  const {session} = memberOf(state, host)
  if (!session) return state
  return withSession(state, host, {settings: {...session.settings, synchronousStandbyNames: names}})
}

function withMachine(
  state: ClusterState,
  host: string,
  some: Partial<NonNullable<MemberState['machine']>>,
): ClusterState {
  return withMember(state, host, (member) =>
    member.machine ? {...member, machine: {...member.machine, ...some}} : member,
  )
}

function withPoolers(
  state: ClusterState,
  names: readonly string[],
  change: Change<PoolerState>,
): ClusterState {
  return {...state, poolers: state.poolers.map((one) => (names.includes(one.host) ? change(one) : one))}
}

const stopped = (state: ClusterState, host: string): ClusterState =>
  withMember(
    withMachine(state, host, {
      isRunning: false,
      hasStandbySignal: true,
      control: {state: 'shut down', timeline: 7, checkpointLsn: '0/5000200', systemIdentifier},
    }),
    host,
    (member) => ({...member, session: undefined}),
  )

/** What a step does to the world; the contract test in the lab holds the real one against the same facts. */
export function applyStep(state: ClusterState, step: SwitchoverStep): ClusterState {
  switch (step.kind) {
    case 'prepare-slots': {
      const slots = step.slots.map(
        (name) => ({name, kind: 'physical', isActive: false, survivesFailover: false}) as const,
      )
      return withMember(state, step.host, (member) =>
        member.session
          ? {...member, session: {...member.session, slots: [...member.session.slots, ...slots]}}
          : member,
      )
    }
    case 'drop-slots':
      return withMember(state, step.host, (member) =>
        member.session
          ? {
              ...member,
              session: {
                ...member.session,
                slots: member.session.slots.filter((slot) => !step.slots.includes(slot.name)),
              },
            }
          : member,
      )
    case 'follow':
      return withSession(state, step.host, {
        upstream: step.upstream,
        settings: settings({primaryConninfo: step.conninfo, primarySlotName: step.slot}),
      })
    case 'prepare-return':
      return withSession(state, step.host, {
        settings: settings({primaryConninfo: step.conninfo, primarySlotName: step.slot}),
      })
    case 'restore-settings':
      return withSession(state, step.host, {
        settings: step.settings,
        upstream: /host=(\S+)/.exec(step.settings.primaryConninfo)?.[1],
      })
    case 'synchronous':
      return withSynchronousNames(state, step.host, step.names)
    case 'mask':
      return withMachine(state, step.host, {isMasked: true})
    case 'unmask':
      return withMachine(state, step.host, {isMasked: false})
    case 'arm':
      return withPoolers(state, step.poolers, (one) => ({...one, isGuardArmed: true}))
    case 'disarm':
      return withPoolers(state, step.poolers, (one) => ({
        ...one,
        isGuardArmed: false,
        processes: one.processes.map((process) => ({...process, serverLoginRetrySeconds: 15})),
      }))
    case 'pause':
      return withPoolers(state, step.poolers, (one) => paused({...one, isGuardArmed: true}))
    case 'stop':
      return withPoolers(stopped(state, step.host), step.poolers, (one) => ({...one, fileTarget: step.to}))
    case 'promote': {
      const promoted = primary(step.host, 8)
      return withMember(state, step.host, (member) => ({
        ...promoted,
        machine: promoted.machine && {...promoted.machine, control: member.machine?.control},
        session: promoted.session && {
          ...promoted.session,
          slots: member.session?.slots ?? [],
          settings: settings({
            synchronousStandbyNames: member.session?.settings.synchronousStandbyNames ?? '',
          }),
        },
      }))
    }
    case 'checkpoint-new':
      return withMachine(state, step.host, {
        control: {state: 'in production', timeline: 8, checkpointLsn: '0/6000028', systemIdentifier},
      })
    case 'route':
      return withPoolers(state, step.poolers, (one) => ({
        ...pooler(one.host, step.host),
        isGuardArmed: one.isGuardArmed,
        processes: pooler(one.host, step.host).processes.map((process) => ({
          ...process,
          serverLoginRetrySeconds: 0,
        })),
      }))
    case 'return':
      return withMember(state, step.host, () => ({
        ...standby(step.host, step.upstream ?? '', 8),
        session: {
          ...standbySession(step.host, step.upstream ?? ''),
          ...(step.settings && {settings: step.settings}),
          slots: primary('x').session?.slots.map((slot) => ({...slot, isActive: false})) ?? [],
        },
      }))
    case 'fence':
      return withMember(
        withMachine(state, step.host, {isFenced: true, isRunning: false, isMasked: true}),
        step.host,
        (member) => ({...member, session: undefined}),
      )
    case 'unfence':
      return withMachine(state, step.host, {isFenced: false})
    case 'put-back':
      return withMember(state, step.host, (member) => ({
        ...primary(step.host),
        session: member.session ?? backSession(step.host),
      }))
    case 'checkpoint':
    case 'archive':
    case 'clear-writers':
    case 'prove':
    case 'probe':
      return state
  }
}

function standbySession(host: string, upstream: string): NonNullable<MemberState['session']> {
  const {session} = standby(host, upstream, 8)
  if (!session) throw new Error('a standby has a session')
  return session
}

// A stopped primary comes back with what ALTER SYSTEM had written meanwhile.
function backSession(host: string): MemberState['session'] {
  const {session} = primary(host)
  return (
    session && {
      ...session,
      settings: settings({primaryConninfo: conninfo(host, 'db2'), primarySlotName: slotName(host)}),
    }
  )
}

function paused(one: PoolerState): PoolerState {
  return {
    ...one,
    processes: one.processes.map((process) => ({
      ...process,
      serverLoginRetrySeconds: 0,
      entries: process.entries.map((entry) => ({...entry, isPaused: true})),
    })),
  }
}
