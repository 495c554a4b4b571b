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
  close(): void
}

export interface LinesAsked {
  readonly query: Readonly<Record<string, string>>
  readonly signal: AbortSignal
  /** How long the server may be silent before it is given up; undefined: for ever, once it has begun to answer. */
  readonly idleMs: number | undefined
}
