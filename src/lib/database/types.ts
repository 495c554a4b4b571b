import type {Lsn} from './lsn.ts'

/** What was seen of a database at one moment. What did not answer is undefined, with the reason in `problems`. */
export interface ClusterState {
  readonly database: string
  readonly members: readonly MemberState[]
  readonly poolers: readonly PoolerState[]
  readonly voters: readonly VoterState[]
}

export interface MemberState {
  readonly host: string
  readonly problems: readonly string[]
  /** What operators have said of it, as the hosts keep it: `no-failover`. */
  readonly tags: readonly string[]
  readonly machine: MachineState | undefined
  readonly session: SessionState | undefined
}

/** A member as its host helper sees it, whether PostgreSQL answers or not. */
export interface MachineState {
  readonly isHelperCurrent: boolean
  readonly isRunning: boolean
  readonly isMasked: boolean
  /** systemd's name of its server, as `postgresql@15-main.service`. */
  readonly unit: string | undefined
  readonly unitRestart: string
  /** Free on the disk of the data directory; undefined when it cannot be read. */
  readonly freeBytes: number | undefined
  readonly control: ControlState | undefined
  /** A rewind or clone of it that was interrupted; `isDatabase` when that had not touched the directory yet. */
  readonly unfinished: {readonly kind: 'rewind' | 'clone'; readonly isDatabase: boolean} | undefined
  readonly hasStandbySignal: boolean
  /** Token of the operation that sent the last promotion to this host, when the helper has recorded one. */
  readonly promoteSentToken: number | undefined
  readonly isFenced: boolean
  readonly clusterManagers: readonly string[]
}

/** @see https://www.postgresql.org/docs/current/app-pgcontroldata.html */
export interface ControlState {
  readonly state: string
  readonly timeline: number
  readonly checkpointLsn: Lsn
  readonly systemIdentifier: string
}

/** A member as a SQL session sees it. */
export interface SessionState {
  readonly isInRecovery: boolean
  readonly timeline: number
  readonly systemIdentifier: string
  readonly serverVersion: string
  readonly startedAt: string
  /** Insert position of a primary, replay position of a standby. */
  readonly lsn: Lsn
  readonly receivedLsn: Lsn | undefined
  /** A standby that was restarted has more than `lsn` until it has replayed what it had received before. */
  readonly replaysOwnWal: boolean
  readonly replayDelaySeconds: number | undefined
  readonly isReplayPaused: boolean
  /** Host this standby streams from now; undefined when it does not stream. */
  readonly upstream: string | undefined
  readonly followers: readonly Follower[]
  readonly slots: readonly Slot[]
  readonly settings: ReplicationSettings
  readonly archiver: {readonly isOn: boolean; readonly readySegments: number; readonly failures: number}
  readonly unloggedTables: readonly string[]
  readonly preparedTransactions: number
  /** PostgreSQL 19 on: after this a stop leaves standbys behind; -1 is never, as before. */
  readonly walSenderShutdownTimeoutMs: number
}

export interface Follower {
  readonly name: string
  readonly isStreaming: boolean
  readonly sync: 'async' | 'sync' | 'quorum' | 'potential'
  readonly replayLsn: Lsn | undefined
}

export interface Slot {
  readonly name: string
  readonly kind: 'physical' | 'logical'
  readonly isActive: boolean
  readonly survivesFailover: boolean
}

/** Settings a change of primary touches; the before-image of a member is one of these. */
export interface ReplicationSettings {
  /** Its password is withheld: `ConninfoSecrets`. */
  readonly primaryConninfo: string
  readonly primarySlotName: string
  readonly synchronousStandbyNames: string
  readonly recoveryTargetTimeline: string
  readonly recoveryMinApplyDelayMs: number
}

export interface PoolerState {
  readonly host: string
  readonly problems: readonly string[]
  /** Member named in the target file; undefined when the file routes nowhere. */
  readonly fileTarget: string | undefined
  readonly isGuardArmed: boolean
  /** Members that this host says were fenced: their boot gates hear so, and no guard of that operation leads to them. */
  readonly fencedMembers: readonly string[]
  readonly isHelperCurrent: boolean
  readonly processes: readonly PoolerProcessState[]
}

export interface PoolerProcessState {
  readonly name: string
  readonly entries: readonly PoolerEntryState[]
  /** Entries that lead to a member, `*` among them, and that the fleet file does not name: nobody pauses or moves them. */
  readonly undeclared: readonly string[]
  readonly clients: number
  readonly queryWaitTimeoutSeconds: number
  readonly clientLoginTimeoutSeconds: number
  readonly serverLoginRetrySeconds: number
}

export interface PoolerEntryState {
  readonly name: string
  readonly target: string
  readonly poolMode: string
  readonly isPaused: boolean
}

export interface VoterState {
  readonly host: string
  readonly answers: boolean
  readonly operation: string | undefined
  /** Copies of journals that it keeps. */
  readonly journals: readonly {readonly operation: string; readonly token: number; readonly records: number}[]
}

/** A change of primary as asked for, with everything resolved that a later resume has to know. */
export interface SwitchoverIntent {
  readonly database: string
  readonly from: string
  readonly to: string
  /** Timeline the old primary writes; the new one is one above it. */
  readonly timeline: number
  readonly systemIdentifier: string
  readonly maxLagBytes: number
  readonly pauseSeconds: number
  readonly windowSeconds: number
  /** How long the least patient client waits, by the fleet file and the poolers' own time-outs. */
  readonly patienceSeconds: number
  /** `synchronous_standby_names` of the new primary, so that writes stay as durable as they were. */
  readonly synchronousNames: string
  readonly acceptUnlogged: boolean
  readonly acceptSlotLoss: boolean
}

/** What the cluster was before the first act: what the way back restores. */
export interface BeforeImages {
  readonly members: readonly {
    readonly host: string
    readonly settings: ReplicationSettings
    readonly slots: readonly string[]
    readonly isMasked: boolean
  }[]
  readonly poolers: readonly {
    readonly host: string
    readonly target: string
    readonly loginRetrySeconds: Readonly<Record<string, number>>
  }[]
}

/** Where the old primary's WAL ended when it was stopped. */
export interface StopProof {
  readonly checkpointLsn: Lsn
  readonly timeline: number
  readonly systemIdentifier: string
}

/** What an interrupted operation's journal adds to what can be observed. */
export interface Memory {
  readonly before: BeforeImages | undefined
  readonly stop: StopProof | undefined
  /** Whether a promotion may have been sent: its intent is in the journal. */
  readonly isPromoteIntended: boolean
  /** Token of the operation's first lock, so of none before it; undefined when its journal does not say. */
  readonly firstToken?: number | undefined
  /** Whether the journal was fetched from the voters: what its machine wrote last may not have reached them. */
  readonly mayLackLines: boolean
  /** Whom the operation has begun to fence and not unfenced, and by what; undefined: it did not come to a proof. */
  readonly fenced?: readonly {readonly host: string; readonly by: string | undefined}[]
}

export type SwitchoverStep =
  | {readonly kind: 'prepare-slots'; readonly host: string; readonly slots: readonly string[]}
  | {
      readonly kind: 'follow'
      readonly host: string
      readonly conninfo: string
      readonly slot: string
      readonly upstream: string
    }
  | {readonly kind: 'checkpoint'; readonly host: string; readonly standby: string}
  | {readonly kind: 'archive'; readonly host: string}
  | {readonly kind: 'prepare-return'; readonly host: string; readonly conninfo: string; readonly slot: string}
  | {readonly kind: 'synchronous'; readonly host: string; readonly names: string}
  | {readonly kind: 'mask'; readonly host: string}
  | {readonly kind: 'arm'; readonly poolers: readonly string[]}
  | {readonly kind: 'pause'; readonly poolers: readonly string[]; readonly host: string}
  | {readonly kind: 'clear-writers'; readonly host: string}
  | {readonly kind: 'stop'; readonly host: string; readonly poolers: readonly string[]; readonly to: string}
  | {readonly kind: 'prove'; readonly host: string; readonly old: string}
  | {readonly kind: 'promote'; readonly host: string}
  | {readonly kind: 'probe'; readonly host: string}
  | {readonly kind: 'route'; readonly poolers: readonly string[]; readonly host: string}
  | {readonly kind: 'checkpoint-new'; readonly host: string}
  /** With the settings that it shall stream by, where they were taken from it; no upstream: nobody is primary now. */
  | {
      readonly kind: 'return'
      readonly host: string
      readonly upstream: string | undefined
      readonly settings?: ReplicationSettings
    }
  | {readonly kind: 'drop-slots'; readonly host: string; readonly slots: readonly string[]}
  | {readonly kind: 'fence'; readonly host: string}
  | {readonly kind: 'unfence'; readonly host: string}
  | {readonly kind: 'put-back'; readonly host: string}
  | {readonly kind: 'disarm'; readonly poolers: readonly string[]}
  | {readonly kind: 'restore-settings'; readonly host: string; readonly settings: ReplicationSettings}
  | {readonly kind: 'unmask'; readonly host: string}

export interface Check {
  readonly id: string
  readonly status: 'pass' | 'warn' | 'fail'
  readonly measured: string
  readonly limit: string
  /** What to do about it, with the command to type. */
  readonly hint: string
}
