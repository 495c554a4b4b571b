import * as z from 'zod/mini'
import type {ProberConfig} from '../prober/types.ts'

/** What `pp-host` says and is asked, line by line; docs/host-helper.md describes the same for people. */

const seconds = z.number()
const int = z.int()
const text = z.string()

/** First line of a helper, sent unasked. */
export const helperHello = z.object({
  version: text,
  /** Of the program's own file. */
  sha256: text,
  host: text,
  /** CLOCK_BOOTTIME when the line was written. */
  bootSeconds: seconds,
  /** Random, kept on tmpfs: another one means the host was restarted. */
  bootId: text,
})
export type HelperHello = z.infer<typeof helperHello>

/** Instead of a full hello: the helper runs, but what it may touch cannot be read. */
export const troubledHello = z.object({error: z.object({code: text, message: text})})

/** A lease, as its voter keeps it. */
export const lockState = z.object({
  token: int,
  operation: text,
  owner: text,
  operatorHost: text,
  operatorBootId: text,
  pid: int,
  step: z.nullish(text),
  leaseSeconds: seconds,
  /** In this host's CLOCK_BOOTTIME; means nothing after a restart of the host, `leaseLeftSeconds` does. */
  leaseEnd: seconds,
  /** 0 when it has ended. */
  leaseLeftSeconds: seconds,
  grantedTime: z.nullish(text),
  takenOver: z.nullish(z.object({operation: text, token: int, owner: text})),
})
export type LockState = z.infer<typeof lockState>

/** `details` of LOCK_HELD. */
export const lockHeldDetails = z.object({lock: lockState, leaseLeftSeconds: seconds, highestToken: int})

export const controlState = z.object({
  /** As pg_controldata words it: `in production`, `shut down`, `shutting down`, `in archive recovery`, … */
  state: text,
  timeline: int,
  checkpointLsn: text,
  redoLsn: text,
  systemIdentifier: text,
  /** False: a torn read, no proof of anything. */
  crcOk: z.boolean(),
  walSegmentBytes: z.nullish(int),
  minRecoveryLsn: z.nullish(text),
  minRecoveryTimeline: z.nullish(int),
  /** 0: none. */
  checksums: z.nullish(int),
})
export type ControlState = z.infer<typeof controlState>

/** Says that a member was fenced; on a pooler's host it is about another member than itself. */
export const fenceTag = z.looseObject({member: text, operation: text, token: int})
export type FenceTag = z.infer<typeof fenceTag>

/** What an operator has said of a member, or taken back; the record with the highest token counts. */
export const memberTag = z.object({member: text, tag: text, isSet: z.boolean(), token: int, time: text})
export type MemberTag = z.infer<typeof memberTag>

export const unitState = z.object({
  loadState: text,
  activeState: text,
  subState: text,
  result: text,
  restart: text,
  nRestarts: int,
  fragmentPath: text,
  unitFileState: z.optional(text),
  dropInPaths: z.optional(text),
  mainPid: z.nullish(int),
})
export type UnitState = z.infer<typeof unitState>

/** The last promote request that this host may have sent. */
export const promoteSent = z.object({
  operation: text,
  token: z.optional(int),
  at: seconds,
  /** `intent`: it may have been sent; `done`; `unknown`. */
  phase: z.optional(text),
  bootId: z.optional(text),
})

/** A rewind or clone that was begun on a host and has not ended. */
export const unfinishedCopy = z.object({
  kind: z.enum(['rewind', 'clone']),
  operation: text,
  /** It had not touched the data directory yet. */
  isDatabase: z.boolean(),
})

export const hostDatabase = z.object({
  unitName: z.optional(text),
  unit: unitState,
  masked: z.boolean(),
  maskedBy: z.nullish(z.looseObject({how: text, operation: text})),
  postmasterPid: z.nullable(int),
  /** What the postmaster says of itself: starting, ready, standby, stopping. */
  postmasterStatus: z.nullish(text),
  processCount: int,
  control: z.nullable(controlState),
  standbySignal: z.boolean(),
  recoverySignal: z.optional(z.boolean()),
  promoteFile: z.boolean(),
  promoteSent: z.nullable(promoteSent),
  dataDirectory: text,
  port: int,
  /** Free on the disk of the data directory for an ordinary account. */
  freeBytes: z.nullable(int),
  /** Nothing starts it then. */
  unfinished: z.nullish(unfinishedCopy),
  /** Major version, as PG_VERSION says it. */
  version: z.nullable(text),
})
export type HostDatabase = z.infer<typeof hostDatabase>

export const guardState = z.object({
  armed: z.boolean(),
  /** armed, deciding, done, disarmed, gone. */
  state: z.nullish(text),
  operation: z.nullish(text),
  token: z.nullish(int),
  from: z.nullish(text),
  to: z.nullish(text),
  timeline: z.nullish(int),
  unit: z.nullish(text),
  firesInSeconds: z.nullish(seconds),
  hardLimitInSeconds: z.nullish(seconds),
  lastVerdict: z.nullish(z.unknown()),
})
export type GuardState = z.infer<typeof guardState>

export const hostPooler = z.object({
  /** Member that the target file names; null when it names none or several. */
  targetHost: z.nullable(text),
  targetSha256: z.nullable(text),
  targetFile: z.optional(text),
  processes: z.array(
    z.object({
      name: text,
      unit: text,
      socketDirectory: text,
      port: int,
      activeState: text,
      pid: z.nullable(int),
    }),
  ),
  entries: z.array(z.looseObject({name: text, dbname: z.optional(text)})),
  members: z.optional(z.array(z.object({host: text, address: text, port: int}))),
  guard: z.nullable(guardState),
})
export type HostPooler = z.infer<typeof hostPooler>

export const hostStatus = z.object({
  bootSeconds: seconds,
  bootId: text,
  version: text,
  host: z.optional(text),
  target: z.nullish(text),
  lock: z.nullable(lockState),
  highestToken: int,
  /** One for each member and operation that has fenced it. A helper of before has neither these nor `tags`. */
  fenceTags: z.optional(z.array(fenceTag)),
  tags: z.optional(z.array(memberTag)),
  database: z.nullable(hostDatabase),
  pooler: z.nullable(hostPooler),
  /** Patroni, repmgrd, Pacemaker and the like that are active here. */
  clusterManagers: z.array(text),
  journal: z.array(
    z.object({
      operation: text,
      records: int,
      head: z.nullable(text),
      updatedAt: z.nullish(text),
      token: z.nullish(int),
    }),
  ),
})
export type HostStatus = z.infer<typeof hostStatus>

const ended = z.object({
  state: z.optional(text),
  checkpointLsn: text,
  redoLsn: z.optional(text),
  timeline: int,
  systemIdentifier: text,
  /** It had stopped before. */
  already: z.optional(z.boolean()),
  ms: seconds,
})

/** WAL that existed nowhere else, kept aside on its host. */
const keptWal = z.object({
  folder: text,
  /** Of its folder's name. */
  stamp: text,
  files: int,
  /** Null: nothing could be compared, and all of it was kept. */
  commits: z.nullable(int),
  /** Why there may be more than these. */
  problem: z.nullish(text),
  relations: z.array(text),
})

/** What transactions have changed in one table, which WAL knows as tablespace/database/relfilenode. */
const changedTable = z.object({
  relation: text,
  name: z.nullable(text),
  isCatalog: z.boolean(),
  inserts: int,
  updates: int,
  deletes: int,
  transactions: int,
})

/** What was broken here on purpose and is not lifted yet. */
const faultInForce = z.object({
  fault: text,
  kind: text,
  target: text,
  from: z.array(text),
  operation: text,
  since: text,
  /** Null: the host was booted since. */
  forSeconds: z.nullable(seconds),
  expiresInSeconds: z.nullable(seconds),
  holds: z.boolean(),
  /** What was looked at just now and what it showed. */
  measured: z.nullable(text),
})

const faultLifted = z.object({
  fault: text,
  kind: text,
  target: text,
  operation: text,
  /** What had proved that it was in force. */
  inForce: z.nullable(text),
  /** An operation, its timer, or a boot of the host. */
  by: text,
  measured: text,
  time: text,
})

/** The stop lever of a target; the record with the highest number counts. */
export const leverRecord = z.object({number: int, engaged: z.boolean(), by: text, why: text, at: text})
export type LeverRecord = z.infer<typeof leverRecord>
/** A backup as the repository lists it. Times are seconds since 1970. */
const repositoryBackup = z.object({
  label: text,
  type: z.enum(['full', 'diff', 'incr']),
  /** Pages whose checksums were wrong when they were copied. */
  hasErrors: z.boolean(),
  startedAt: int,
  stoppedAt: int,
  /** Of the database, and of what this backup added to the repository. */
  bytes: int,
  repositoryBytes: int,
  wal: z.object({first: text, last: text}),
  lsn: z.object({first: text, last: text}),
  /** Labels without which it cannot be restored. */
  needs: z.array(text),
})
export type RepositoryBackup = z.infer<typeof repositoryBackup>

const backupStep = z.object({
  type: text,
  startedAt: text,
  step: z.enum(['start', 'replay', 'copy', 'archive', 'expire']),
  percent: z.nullable(seconds),
})
export type BackupStep = z.infer<typeof backupStep>

const restoreStep = z.object({
  label: text,
  time: text,
  step: z.enum(['start', 'restore', 'recover', 'check', 'pages']),
  percent: z.nullable(seconds),
  detail: z.nullish(text),
})
export type RestoreStep = z.infer<typeof restoreStep>

const restorePlace = {directory: text, socketDirectory: text, port: int}
const restoreCheck = z.object({id: text, status: z.enum(['ok', 'warn', 'failed']), measured: text})
export type RestoreCheck = z.infer<typeof restoreCheck>

/** One schema a verb; a result that does not fit is HELPER_GARBLED, never a guess. */
export const verbResults = {
  status: hostStatus,
  'lock-read': z.object({lock: z.nullable(lockState), highestToken: int, bootSeconds: seconds}),
  lock: z.object({lock: lockState, takenOver: z.nullish(lockState), highestToken: int}),
  raise: z.object({highestToken: int}),
  renew: z.object({leaseEnd: seconds, bootSeconds: seconds}),
  release: z.object({released: z.boolean(), highestToken: int}),
  journal: z.object({records: int, head: z.nullable(text)}),
  'journal-read': z.object({
    lines: z.array(text),
    head: z.nullish(text),
    token: z.nullish(int),
    /** What the helper itself recorded on this host. */
    host: z.optional(z.array(z.looseObject({verb: text, phase: text, operation: text}))),
  }),
  mask: z.object({how: z.enum(['mask', 'drop-in'])}),
  unmask: z.object({unit: unitState}),
  stop: ended,
  start: z.object({started: z.boolean(), already: z.boolean(), mode: text, control: z.nullish(controlState)}),
  promote: z.object({
    ms: seconds,
    signals: int,
    already: z.optional(z.boolean()),
    control: z.nullish(controlState),
  }),
  'wait-control': z.object({control: controlState, ms: seconds}),
  fence: z.looseObject({
    control: z.nullable(controlState),
    standbySignal: z.boolean(),
    promoteFile: z.boolean(),
  }),
  rewind: z.object({
    isDiverged: z.boolean(),
    forkLsn: z.nullable(text),
    forkTimeline: z.nullable(int),
    kept: z.nullable(keptWal),
    ms: seconds,
  }),
  'restart-facts': z.object({
    control: controlState,
    /** WAL from the last checkpoint's redo point to the end. */
    replayBytes: int,
    /** Starts of the server in the last ten minutes of this boot. */
    starts: int,
    /** Of them by systemd itself, since the last one by hand. */
    restarts: int,
  }),
  clone: z.object({
    kept: z.nullable(keptWal),
    /** Where the old data directory lies now. */
    old: z.nullable(text),
    removed: z.boolean(),
    ms: seconds,
  }),
  'clone-progress': z.object({
    progress: z.nullable(z.object({operation: text, doneBytes: int, totalBytes: int})),
  }),
  'name-kept': z.object({named: int}),
  history: z.object({ancestors: z.array(z.object({timeline: int, lsn: text}))}),
  'wal-summary': z.object({
    commits: int,
    problem: z.nullable(text),
    firstTransactions: z.array(z.looseObject({xid: int, committedAt: text, lsn: text})),
    tables: z.array(changedTable),
  }),
  'wal-end': z.object({last: z.nullable(text), end: text, bytes: int}),
  'wal-read': z.object({content: text, bytes: int}),
  'wal-write': z.object({bytes: int}),
  backup: z.object({label: text, isFromStandby: z.boolean(), ms: seconds}),
  'backup-progress': z.object({
    progress: z.nullable(backupStep),
    /** How the last one ended. */
    last: z.nullable(
      z.object({
        type: text,
        startedAt: text,
        endedAt: text,
        label: z.nullable(text),
        problem: z.nullable(text),
      }),
    ),
  }),
  'backup-info': z.object({
    place: text,
    status: text,
    /** Whether a backup can be made or restored. */
    isReady: z.boolean(),
    systemIdentifier: z.nullable(text),
    archive: z.object({first: z.nullable(text), last: z.nullable(text)}),
    /** The repository host's own clock, seconds since 1970. */
    now: seconds,
    backups: z.array(repositoryBackup),
  }),
  'backup-queue': z.object({waiting: int, oldestSeconds: z.nullable(seconds)}),
  restore: z.object({
    reached: z.object({
      stoppedAt: z.nullable(text),
      lastTransactionAt: z.nullable(text),
      lsn: z.nullable(text),
    }),
    checks: z.array(restoreCheck),
    phases: z.array(z.object({id: text, ms: seconds})),
    bytes: int,
    kept: z.nullable(z.object(restorePlace)),
  }),
  'restore-progress': z.object({
    progress: z.nullable(restoreStep),
    /** What was restored and kept, or left by a helper that was killed. */
    left: z.nullable(z.object({label: text, time: text, isKept: z.boolean(), ...restorePlace})),
  }),
  'restore-clean': z.object({ended: z.boolean(), removed: z.boolean()}),
  'fence-tag': z.object({fenceTag}),
  tag: z.object({tags: z.array(memberTag)}),
  unfence: z.object({removed: z.array(fenceTag), fenceTags: z.array(fenceTag)}),
  'set-target': z.object({
    host: text,
    previousHost: z.nullable(text),
    sha256: text,
    previousSha256: z.nullish(text),
  }),
  'restart-pooler': z.object({unit: unitState}),
  'cut-connections': z.object({cut: int, left: int}),
  'ask-members': z.object({
    members: z.array(
      z.object({
        host: text,
        answered: z.boolean(),
        inRecovery: z.nullable(z.boolean()),
        systemIdentifier: z.nullable(text),
        timeline: z.nullable(int),
        reason: z.optional(text),
      }),
    ),
  }),
  reach: z.object({answer: z.enum(['open', 'refused', 'silent', 'unreachable']), ms: seconds}),
  arm: z.looseObject({guard: guardState}),
  disarm: z.looseObject({}),
  'prober-start': z.object({
    started: z.boolean(),
    /** It has been running before. */
    already: z.boolean(),
  }),
  'prober-read': z.object({
    content: text,
    /** Where the next piece begins. */
    offset: int,
    /** False: nothing will be added to what was read. */
    running: z.boolean(),
  }),
  'prober-stop': z.object({stopped: z.boolean()}),
  'prober-clear': z.object({cleared: z.boolean()}),
  fault: z.object({
    fault: text,
    /** It was in force before. */
    already: z.boolean(),
    measured: text,
    expiresInSeconds: seconds,
  }),
  lift: z.object({
    gone: z.boolean(),
    /** False: nobody has broken anything under that id here. */
    known: z.boolean(),
    by: z.nullable(text),
    measured: text,
  }),
  faults: z.object({
    bootSeconds: seconds,
    faults: z.array(faultInForce),
    /** The latest ones. */
    lifted: z.array(faultLifted),
  }),
  lever: z.object({lever: leverRecord}),
  'lever-read': z.object({lever: z.nullable(leverRecord)}),
} as const satisfies Record<string, z.ZodMiniType>

export type Verb = keyof typeof verbResults
export type VerbResult = {readonly [V in Verb]: z.infer<(typeof verbResults)[V]>}

/** Carried by every verb that acts. */
export interface Mandate {
  readonly target: string
  readonly token: number
  readonly operation: string
  /** That host's CLOCK_BOOTTIME; `Helper.notAfter` computes it. */
  readonly notAfter: number
}

/** The same for what may also come late: locks, leases and copies of the journal. */
export interface Claim {
  readonly target: string
  readonly token: number
  readonly operation: string
  readonly notAfter?: number
}

/** Names one data directory's history; the helper refuses when its control file says another. */
export interface DataIdentity {
  readonly timeline: number
  readonly systemIdentifier: string
}

/** A position in the WAL of a data directory. */
export interface WalPlace {
  readonly systemIdentifier?: string
  readonly timeline: number
  readonly lsn: string
}

export interface LockRequest extends Claim {
  readonly owner: string
  readonly operatorHost: string
  readonly operatorBootId: string
  readonly pid: number
  readonly leaseSeconds: number
  readonly step?: string
  /** The lease that may be taken away before its end. */
  readonly takeOver?: {readonly operation: string; readonly token: number}
  /** The caller has seen that the holder's process is gone; counts only for its own machine and boot. */
  readonly holderDead?: boolean
}

export interface VerbArgs {
  status: {readonly target?: string}
  lock: LockRequest
  raise: Claim
  renew: Claim & {readonly step?: string}
  release: Claim
  journal: Claim & {
    readonly append: readonly string[]
    readonly head: string
    /** Head that the copy must end with; `''` for none yet. JOURNAL_FORKED otherwise. */
    readonly previousHead?: string
    /** A copy that ends otherwise is kept aside and begun anew. */
    readonly replace?: boolean
  }
  'lock-read': {readonly target: string}
  'journal-read': {readonly target: string; readonly operation: string}
  mask: Mandate
  unmask: Mandate
  stop: Mandate & DataIdentity & {readonly timeoutSeconds: number}
  start: Mandate & {
    readonly mode: 'standby' | 'primary'
    readonly systemIdentifier?: string
    /** How long the old server's own end is waited for. */
    readonly lingerSeconds?: number
    /** End a server that is still shutting down; it will do crash recovery. */
    readonly force?: boolean
  }
  promote: Mandate & DataIdentity & {readonly timeoutSeconds: number}
  'wait-control': {readonly target: string; readonly state: string; readonly timeoutSeconds: number}
  fence: Mandate & {readonly systemIdentifier?: string; readonly onlyStandby?: boolean}
  /** Conninfos without passwords: those are in the host's own password file. */
  rewind: Mandate & {
    readonly systemIdentifier?: string
    readonly sourceConninfo: string
    readonly conninfo: string
    readonly slot: string
    readonly timeoutSeconds: number
  }
  'restart-facts': {readonly target: string}
  clone: Mandate &
    DataIdentity & {
      /** Of the primary's timeline. */
      readonly history: readonly {readonly timeline: number; readonly lsn: string}[]
      readonly sourceConninfo: string
      readonly conninfo: string
      readonly slot: string
      /** Size of what is copied. */
      readonly bytes: number
      /** Consent that the old directory goes where the disk has no room for both. */
      readonly removeOld: boolean
      readonly timeoutSeconds: number
    }
  'clone-progress': {readonly target: string}
  'name-kept': Mandate & {readonly stamp: string; readonly names: Readonly<Record<string, string>>}
  history: {readonly target: string; readonly timeline: number}
  'wal-summary': {readonly target: string} & WalPlace
  'wal-end': {readonly target: string} & WalPlace
  /** At most 512 KiB at once, and no further than to the end of the segment. */
  'wal-read': {readonly target: string; readonly bytes: number} & WalPlace
  'wal-write': Mandate & WalPlace & {readonly content: string}
  /** Goes on to its end when the caller is gone. */
  backup: {
    readonly target: string
    readonly type: 'full' | 'diff' | 'incr'
    readonly timeoutSeconds: number
  }
  'backup-progress': {readonly target: string}
  'backup-info': {readonly target: string}
  'backup-queue': {readonly target: string}
  /** Goes on to its end when the caller is gone; `restore-clean` ends it. */
  restore: {
    readonly target: string
    readonly label: string
    /** Size of what is restored. */
    readonly bytes: number
    readonly systemIdentifier: string
    /** As PostgreSQL writes a time in UTC: 2026-11-26 10:11:12.345+00. */
    readonly toTime?: string
    readonly toLsn?: string
    readonly keep: boolean
    /** Leaves out the checks that read everything. */
    readonly quick: boolean
    readonly timeoutSeconds: number
  }
  'restore-progress': {readonly target: string}
  'restore-clean': {readonly target: string}
  /** `isolate`: drop all packets from and to it as well. */
  'fence-tag': Mandate & {readonly member: string; readonly isolate?: boolean}
  tag: Mandate & {readonly member: string; readonly tag: string; readonly isSet: boolean}
  /** The tags of that operation of this member; what another one has fenced stays. */
  unfence: Mandate & {readonly fencedBy: string; readonly member: string}
  'set-target': Mandate & {readonly host: string}
  'restart-pooler': Mandate & {readonly process: string}
  /** Closes the host's TCP connections to that member's database. */
  'cut-connections': Mandate & {readonly member: string}
  'ask-members': {readonly target: string}
  reach: {readonly address: string; readonly port: number; readonly timeoutSeconds: number}
  arm: Mandate &
    DataIdentity & {
      readonly afterSeconds: number
      readonly hardLimitSeconds: number
      readonly from: string
      readonly to: string
    }
  disarm: Mandate
  'prober-start': ProberConfig
  'prober-read': {
    readonly run: string
    readonly file: 'markers' | 'probes'
    readonly offset: number
    /** At most 512 KiB. */
    readonly bytes: number
  }
  'prober-stop': {readonly run: string}
  'prober-clear': {readonly run: string}
  fault: Mandate & {
    /** Names this one fault for ever: once lifted, it does not come back. */
    readonly fault: string
    /** Whose token it is, where that is not the target's own. */
    readonly lock?: string
    readonly kind: string
    /** The host lifts it by itself then. */
    readonly expiresSeconds: number
    /** cut: addresses that the host no longer reaches; empty for everybody. */
    readonly from?: readonly string[]
  }
  /** Without a token it is not asked whose lock it is. */
  lift: {
    readonly target: string
    readonly token?: number
    readonly operation: string
    readonly notAfter?: number
    readonly fault: string
    readonly lock?: string
  }
  faults: {readonly target?: string}
  /** Taken only with a number above the voter's own. */
  lever: {
    readonly target: string
    readonly number: number
    readonly engaged: boolean
    readonly by: string
    readonly why: string
  }
  'lever-read': {readonly target: string}
}
