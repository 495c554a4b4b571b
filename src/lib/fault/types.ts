/** In the order in which they are undone: what needs the host to run comes after its power. */
export const faultKinds = [
  'power-off',
  'freeze',
  'cut',
  'disk-full',
  'kill',
  'hang-archiver',
  'slow',
  'switch-lies',
  'switch-hangs',
] as const
export type FaultKind = (typeof faultKinds)[number]

/** What a host can be broken by through its helper, so outside of a lab too. */
export const hostFaultKinds = [
  'stop',
  'kill',
  'freeze',
  'cut',
  'disk-full',
  'hang-archiver',
  'api-server-down',
] as const
export type HostFaultKind = (typeof hostFaultKinds)[number]

/** What was broken and what undoing it needs to know; kept until it is undone. */
export interface FaultRecord {
  readonly kind: FaultKind
  readonly host: string
  /** cut: whom the host no longer reaches; empty for everybody. */
  readonly from: readonly string[]
  /** cut: what the host sends is lost, what is sent to it still arrives. */
  readonly oneWay: boolean
  /** kill: name of the processes. */
  readonly process: string | null
  /** kill: systemd units that the processes belonged to. */
  readonly units: readonly string[]
  /** slow: how much later all arrives, each way. */
  readonly delayMs: number | null
}

/** Whether the host's next boot ends the fault by itself. */
export const endsWithBoot = (kind: FaultKind): boolean => ['freeze', 'kill', 'slow'].includes(kind)

export interface Proof {
  readonly holds: boolean
  /** What was looked at and what it showed. */
  readonly measured: string
}

/** One way to break a host. Applying twice, or undoing what is not in force, changes nothing. */
export interface Fault<Broken = FaultRecord> {
  /** Breaks it. @returns the record with what was found out while doing so. */
  apply(): Promise<Broken>
  undo(): Promise<void>
  proveInForce(): Promise<Proof>
  proveGone(): Promise<Proof>
}

export interface Ran {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

export type SwitchFault = 'lie' | 'hang'

/** What a host has to offer so that it can be broken; the lab's hosts do. */
export interface BreakableHost {
  readonly name: string
  readonly address: string
  readonly hasDataDisk: boolean
  powerOff(): Promise<void>
  powerOn(): Promise<void>
  isPowered(): Promise<boolean>
  setFrozen(frozen: boolean): Promise<boolean>
  isFrozen(): Promise<boolean>
  /** Whether the machine that `pp` runs on gets any answer from it, a refusal included. */
  answers(): Promise<boolean>
  /** Drops what the host sends and, unless one-way, what is sent to it; established connections too. */
  block(name: string, from: readonly string[], oneWay: boolean): Promise<void>
  unblock(name: string): Promise<void>
  /** Frames dropped so far; undefined when nothing is blocked under that name. */
  blockedFrames(name: string): Promise<number | undefined>
  /** Makes the host's power switch say off and do nothing, or never answer; undefined makes it work again. */
  setSwitch(fault: SwitchFault | undefined): Promise<void>
  /** What its power switch says: on or off; undefined when it does not answer in time. */
  askSwitch(timeoutSeconds: number): Promise<string | undefined>
  /** How long PostgreSQL takes to answer the first bytes that come through the network; undefined: it does not. */
  databaseTripMs(timeoutMs: number): Promise<number | undefined>
  /** Runs a program as root inside the host, past its network. */
  run(argv: readonly [string, ...string[]], timeoutSeconds?: number): Promise<Ran>
  /** Address of a neighbour, by name; of the machine that `pp` runs on when left out. */
  addressOf(neighbour?: string): string
}
