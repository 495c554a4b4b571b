import type {NotifyHook} from '../../fleet/types.ts'

/**
 * A drill as its file describes it, validated and with times in seconds. Hosts and databases are still names as
 * written: `{primary}` and the like are resolved when it is checked or run.
 */
export interface Drill {
  /** Its file's name without folder and suffix. */
  readonly name: string
  /** Absolute path. */
  readonly file: string
  /** sha256 of the file's bytes, hexadecimal. */
  readonly hash: string
  readonly title: string
  readonly why: string
  readonly owner: string
  /** Where it may run. */
  readonly environments: readonly string[]
  readonly targets: Targets
  readonly guards: Guards
  readonly steadyState: readonly SteadyState[]
  readonly method: readonly Act[]
  readonly objectives: Objectives
  /** Operations after the method, also after one that failed; faults undo themselves before. */
  readonly undo: readonly OperationAct[]
  readonly evidence: {
    /** How many runs are kept; older ones are removed at the end of a run. */
    readonly keep: number
  }
  /** Besides those of the fleet file. */
  readonly notify: readonly NotifyHook[]
}

export interface Targets {
  /** Database of the fleet file. */
  readonly database: string
  /** Hosts that faults hit: names, or `{primary}`, `{standby}`, `{pooler}`; resolved once, when the run begins. */
  readonly hosts: readonly string[]
  /** Faults hit this many hosts at most. */
  readonly maxHosts: number
  /** A fault deletes this many Pods at most, of all sites together. */
  readonly maxPods: number
  /** Services whose Pods faults may delete. */
  readonly services: readonly string[]
  /** Sites whose nodes and API servers faults may take away. */
  readonly sites: readonly string[]
}

export interface Guards {
  /** By environment; one that is not there, as a lab, is open at any time. */
  readonly windows: Readonly<Record<string, Windows>>
  /** A probe of `steadyState` that ends the run once it has been bad for so long. */
  readonly stop: readonly {readonly probe: string; readonly forSeconds: number}[]
}

export type Weekday = 'mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun'

export interface Windows {
  /** IANA name. */
  readonly timeZone: string
  /** Empty: always. Wall-clock times `HH:MM` of the zone, an end up to `24:00`; one before its start is on the next day. */
  readonly allowed: readonly {
    readonly days: readonly Weekday[]
    readonly from: string
    readonly to: string
  }[]
  /** Whole days `YYYY-MM-DD` of the zone, both included. */
  readonly blocked: readonly {readonly from: string; readonly to: string; readonly why: string}[]
}

export type ProbeTime = 'before' | 'during' | 'after' | 'until-recovered'

/** A measurable claim. A look that gives no data counts as one that failed. */
export interface SteadyState {
  readonly name: string
  readonly probe: ProbeSpec
  readonly when: readonly ProbeTime[]
  readonly paceSeconds: number
  readonly timeoutSeconds: number
  /** Looks that may fail `during` the run, or in a row `before` and `after`. */
  readonly allowedMisses: number
  /** `until-recovered`: how many good looks in a row end it. */
  readonly goodInARow: number
}

/** Bounds, both included. */
export interface Tolerance {
  readonly min: number | undefined
  readonly max: number | undefined
}

export type ProbeSpec =
  | {
      readonly type: 'http'
      /** May begin with the place of a service, `{gateway on rack}`, which is found out when a run begins. */
      readonly url: string
      readonly status: number
      /** The body has to hold it. */
      readonly contains: string | undefined
    }
  | {readonly type: 'tcp'; readonly host: string; readonly port: number}
  /** One number from one row, through the clients' way. */
  | {readonly type: 'sql'; readonly query: string; readonly tolerance: Tolerance}
  /** Standbys that stream from the primary, and how far the worst of them is behind. */
  | {readonly type: 'replication'; readonly standbys: number; readonly maxLagBytes: number | undefined}
  /** A numbered row is written through the poolers and acknowledged. */
  | {readonly type: 'marker'}
  /** Pods of a service that are ready, of each site or one; without a service, API servers that are. */
  | {
      readonly type: 'kubernetes'
      readonly service: string | undefined
      readonly site: string | undefined
      /** As many as its Deployment wants when undefined. */
      readonly ready: number | undefined
      /** No more than so many, whatever they do; any number when undefined. */
      readonly most: number | undefined
    }
  /** One number from one series of the fleet's Prometheus. */
  | {readonly type: 'prometheus'; readonly query: string; readonly tolerance: Tolerance}
  | {readonly type: 'command'; readonly command: readonly string[]; readonly exitCode: number}
  /** A field of `pp status --json` or `pp db status --json`, by its path. */
  | {
      readonly type: 'pp'
      readonly of: 'status' | 'db status'
      readonly field: string
      readonly equals: unknown
    }

export type DrillHostFaultKind =
  'power-off' | 'stop' | 'kill' | 'freeze' | 'cut' | 'disk-full' | 'hang-archiver'

export type FaultSpec = HostFaultSpec | SiteFaultSpec

export interface HostFaultSpec {
  readonly kind: DrillHostFaultKind
  /** One of `targets.hosts`. */
  readonly host: string
  /** cut: whom it no longer reaches; empty for everybody. */
  readonly from: readonly string[]
  /** The host itself lifts it after so long, whatever becomes of pp; power-off is lifted by pp alone. */
  readonly expiresSeconds: number
}

/** What hits no host of the database's inventory. */
export type SiteFaultSpec =
  | {
      readonly kind: 'delete-pods'
      /** One of `targets.services`. */
      readonly service: string
      /** Undefined: on each site it runs on. */
      readonly site: string | undefined
      /** Of each site; either of the two. */
      readonly count: number | undefined
      readonly percent: number | undefined
      /** That of the targets. */
      readonly maxPods: number
    }
  /** Nodes of a zone, or one of them, take no Pod any more and lose those they have. */
  | {
      readonly kind: 'drain'
      /** One of `targets.sites`. */
      readonly site: string
      readonly zone: string | undefined
      readonly node: string | undefined
    }
  /** The lab itself mends it after so long, whatever becomes of pp. */
  | {readonly kind: 'cut-link'; readonly expiresSeconds: number}
  /** AWS itself gives the group its sizes back after so long. */
  | {
      readonly kind: 'node-group-to-zero'
      /** One of `targets.sites`. */
      readonly site: string
      /** As EKS names it. */
      readonly group: string
      readonly expiresSeconds: number
    }
  /** The hosts of the control plane start it again by themselves after so long. */
  | {
      readonly kind: 'api-server-down'
      /** One of `targets.sites`. */
      readonly site: string
      readonly expiresSeconds: number
    }

export interface FaultAct {
  readonly act: 'fault'
  readonly name: string
  readonly fault: FaultSpec
}

/** Undoes a fault of an earlier act before the end of the method. */
export interface LiftAct {
  readonly act: 'lift'
  readonly name: string
  readonly fault: string
}

export type DrillOperation = 'failover' | 'rejoin' | 'backup' | 'restore'

export interface OperationAct {
  readonly act: 'operation'
  readonly name: string
  readonly operation: DrillOperation
  /** Flags of the command, by name, as an operator would type them. */
  readonly with: Readonly<Record<string, string | boolean>>
  /** One that takes longer is finished all the same, and counts as failed. */
  readonly timeoutSeconds: number
}

export interface WaitAct {
  readonly act: 'wait'
  readonly name: string
  /** A claim of `steadyState` that has to hold once. Undefined: only the time passes. */
  readonly probe: string | undefined
  readonly timeoutSeconds: number
}

/** A load test of k6 is played against a service, to its end. */
export interface LoadAct {
  readonly act: 'load'
  readonly name: string
  /** Absolute path of the script. */
  readonly script: string
  /** Whose address the script gets as BASE_URL. */
  readonly service: string
  readonly site: string
  /** Variables of the script, by name. */
  readonly settings: Readonly<Record<string, string>>
  /** One that has not ended by then is stopped, and has failed. */
  readonly timeoutSeconds: number
}

export type SingleAct = FaultAct | LiftAct | OperationAct | WaitAct | LoadAct

export interface ParallelAct {
  readonly act: 'parallel'
  readonly name: string
  readonly acts: readonly SingleAct[]
}

export type Act = SingleAct | ParallelAct

export interface Objectives {
  readonly rtoSeconds: number | undefined
  /** Acknowledged marker rows that may be missing in the end. */
  readonly rpoRows: number | undefined
  readonly services: readonly ServiceObjective[]
}

/** What is wanted of a steady state during the run. */
export interface ServiceObjective {
  readonly name: string
  readonly probe: string
  /** Share of its looks that have to be good, 0 to 1. */
  readonly atLeast: number | undefined
  /** Longest time from one good look to the next. */
  readonly outageSeconds: number | undefined
}
