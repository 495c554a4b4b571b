import type * as z from 'zod'

/** How the API server of one cluster is reached. */
export interface ClusterAccess {
  /** As the fleet file names it. */
  readonly name: string
  /** Absolute path of the kubeconfig file; undefined: KUBECONFIG, else ~/.kube/config. */
  readonly kubeconfig: string | undefined
  /** Its current context when undefined. */
  readonly context: string | undefined
}

/** Reads of one cluster; each answer is parsed by a schema, so that no more of it is kept than is used. */
export interface ClusterReader {
  /** One object; undefined when there is none, or its kind is not installed. @throws PpError CLUSTER_…. */
  get<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined>
  /** All objects of a list, page by page; none when its kind is not installed. @throws PpError CLUSTER_…. */
  list<T>(path: string, schema: z.ZodType<T>, query?: Readonly<Record<string, string>>): Promise<readonly T[]>
  /** Text that is no object: a log, or what a Pod answers through the API server; undefined: there is none. @throws PpError CLUSTER_…. */
  text(path: string, query?: Readonly<Record<string, string>>): Promise<string | undefined>
  /**
   * Lines of a text as they come; none when there is no such text. Ends when the server ends it, or with `signal`.
   *
   * @throws PpError CLUSTER_…, also in the middle.
   */
  lines(path: string, asked: LinesAsked): AsyncGenerator<string, void, undefined>
  /** The API server's own time, milliseconds since 1970; undefined before its first answer. */
  serverNow(): number | undefined
  close(): void
}

export interface LinesAsked {
  readonly query: Readonly<Record<string, string>>
  readonly signal: AbortSignal
  /** How long the server may be silent before it is given up; undefined: for ever, once it has begun to answer. */
  readonly idleMs: number | undefined
}

/** A change of one object. */
export interface WriteRequest {
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: object
  /** How the body of a PATCH is meant: server-side apply, a merge patch, or a JSON patch. */
  readonly patch?: 'apply' | 'merge' | 'json'
}

/** What a write came to; `conflict` also when what is created is there already. */
export type Written<T> =
  | {readonly kind: 'written'; readonly object: T}
  | {readonly kind: 'conflict'; readonly said: string}
  | {readonly kind: 'missing'}

/** One change of a list: an object as it is now, or one that is gone. */
export type WatchEvent<T> =
  | {readonly kind: 'is'; readonly object: T; readonly version: string}
  | {readonly kind: 'gone'; readonly object: T; readonly version: string}

/** Reads and changes of one cluster. */
export interface ClusterWriter extends ClusterReader {
  /** @throws PpError CLUSTER_…, also when it is not known whether the change was made. */
  write<T>(request: WriteRequest, schema: z.ZodType<T>): Promise<Written<T>>
  /** A list as `list` gives it, with the version from which it can be watched. @throws PpError CLUSTER_…. */
  listVersioned<T>(
    path: string,
    schema: z.ZodType<T>,
    query?: Readonly<Record<string, string>>,
  ): Promise<{readonly items: readonly T[]; readonly version: string}>
  /**
   * Tells each change of a list from a version on, until the signal, the end that the API server sets, or a failure.
   *
   * @returns `expired` when that version is too old to go on from. @throws PpError CLUSTER_….
   */
  watch<T>(
    path: string,
    schema: z.ZodType<T>,
    options: {
      readonly version: string
      readonly query?: Readonly<Record<string, string>>
      readonly signal: AbortSignal
      readonly tell: (event: WatchEvent<T>) => void
    },
  ): Promise<'ended' | 'expired'>
}
