import type * as z from 'zod'

import type {
  ClusterWriter,
  WatchEvent,
  WriteRequest,
  Written,
} from '../../src/lib/drivers/kubernetes/types.ts'
import {unavailableError} from '../../src/lib/errors.ts'

type Json = Record<string, unknown>
interface Stored extends Json {
  metadata: Json & {name: string; resourceVersion?: string; managedFields?: Managed[]}
}
interface Managed {
  manager: string
  operation: string
  apiVersion: string
  fieldsType: string
  fieldsV1: Json
}

/**
 * An API server with state: objects by path, versions as preconditions, merge, JSON and server-side apply patches with the
 * owners of fields, watches. What it does is held against a real one in test/kill/cluster-contract.test.ts.
 */
export class FakeCluster implements ClusterWriter {
  readonly objects = new Map<string, Stored>()
  /** Every request fails. */
  isSilent = false
  /** Called before each write; a second writer, or what controllers do. */
  beforeWrite: (request: WriteRequest) => void = () => undefined
  /** Called after each change. */
  afterChange: (path: string, object: Stored) => void = () => undefined
  /** What the Pods' proxies and logs answer. */
  readonly texts = new Map<string, string>()
  readonly #watchers = new Set<(path: string, object: Stored, isGone: boolean) => void>()
  #version = 100
  now = Date.parse('2026-11-27T12:00:00Z')

  /** Puts an object there as somebody else would. */
  put(path: string, object: object, manager = 'somebody'): void {
    const before = this.objects.get(path)
    const stored = structuredClone(object) as Stored
    stored.metadata = {...stored.metadata, managedFields: before?.metadata.managedFields ?? []}
    own(stored, before, manager, 'Update')
    this.#store(path, stored)
  }

  /** The object at a path, whose parts may be read and set freely; call `put` for others to see it. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as a test needs it
  object(path: string): any {
    const found = this.objects.get(path)
    if (!found) throw new Error(`nothing at ${path}`)
    return structuredClone(found)
  }

  async get<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
    this.#answer()
    const found = this.objects.get(path)
    return Promise.resolve(found && schema.parse(structuredClone(found)))
  }

  async list<T>(
    path: string,
    schema: z.ZodType<T>,
    query: Readonly<Record<string, string>> = {},
  ): Promise<readonly T[]> {
    return (await this.listVersioned(path, schema, query)).items
  }

  listVersioned<T>(path: string, schema: z.ZodType<T>, query: Readonly<Record<string, string>> = {}) {
    this.#answer()
    const items = [...this.objects]
      .filter(([at, object]) => isIn(at, path) && isSelected(object, query))
      .map(([, object]) => schema.parse(structuredClone(object)))
    return Promise.resolve({items, version: String(this.#version)})
  }

  text(path: string): Promise<string | undefined> {
    this.#answer()
    return Promise.resolve(this.texts.get(path))
  }

  async *lines(path: string): AsyncGenerator<string, void, undefined> {
    yield* ((await this.text(path)) ?? '').split('\n')
  }

  async write<T>(request: WriteRequest, schema: z.ZodType<T>): Promise<Written<T>> {
    this.#answer()
    this.beforeWrite(request)
    const {method, path, patch, query = {}} = request
    const body = structuredClone(request.body ?? {}) as Json
    const meta = (body.metadata ?? {}) as Json
    const at = method === 'POST' ? `${path}/${String(meta.name)}` : path
    const before = this.objects.get(at)
    const version = patch === 'json' ? versionIn(body) : meta.resourceVersion
    if (method === 'POST' ? before : isOlder(before, version))
      return {kind: 'conflict', said: `${at} is another one`}
    if (method !== 'POST' && patch !== 'apply' && !before) return {kind: 'missing'}
    if (method === 'DELETE') {
      this.remove(at)
      return Promise.resolve({kind: 'written', object: schema.parse(before)})
    }
    const manager = query.fieldManager ?? 'pp'
    const after = changed(before, body, patch)
    if (patch === 'json') this.#store(at, after)
    else {
      if (patch === 'apply') letGo(after, before, body, manager)
      own(
        after,
        before,
        manager,
        patch === 'apply' ? 'Apply' : 'Update',
        patch === 'apply' ? body : undefined,
      )
      this.#store(at, after)
    }
    return {kind: 'written', object: schema.parse(structuredClone(this.objects.get(at)))}
  }

  remove(path: string): void {
    const object = this.objects.get(path)
    this.objects.delete(path)
    this.#version++
    if (object) for (const watcher of this.#watchers) watcher(path, object, true)
  }

  async watch<T>(
    path: string,
    schema: z.ZodType<T>,
    {
      query = {},
      signal,
      tell,
    }: {
      readonly version: string
      readonly query?: Readonly<Record<string, string>>
      readonly signal: AbortSignal
      readonly tell: (event: WatchEvent<T>) => void
    },
  ): Promise<'ended' | 'expired'> {
    this.#answer()
    const {promise, resolve} = Promise.withResolvers<'ended'>()
    const watcher = (at: string, object: Stored, isGone: boolean) => {
      if (!isIn(at, path) || !isSelected(object, query)) return
      const version = object.metadata.resourceVersion ?? ''
      tell({kind: isGone ? 'gone' : 'is', object: schema.parse(structuredClone(object)), version})
    }
    this.#watchers.add(watcher)
    signal.addEventListener('abort', () => resolve('ended'), {once: true})
    const ended = await promise
    this.#watchers.delete(watcher)
    return ended
  }

  serverNow(): number {
    return this.now
  }

  close(): void {
    // Nothing is open.
  }

  #answer(): void {
    if (this.isSilent)
      throw unavailableError('CLUSTER_UNREACHABLE', {message: 'no answer', hint: 'kubectl get --raw /readyz'})
  }

  #store(path: string, object: Stored): void {
    const {uid = `uid-of-${path}`} = object.metadata
    const stored = {...object, metadata: {...object.metadata, uid, resourceVersion: String(++this.#version)}}
    this.objects.set(path, stored)
    for (const watcher of this.#watchers) watcher(path, stored, false)
    this.afterChange(path, stored)
  }
}

const isIn = (at: string, path: string): boolean => at.slice(0, at.lastIndexOf('/')) === path

function isSelected(
  {metadata, spec}: Stored,
  {labelSelector, fieldSelector}: Readonly<Record<string, string>>,
): boolean {
  const labels = (metadata.labels ?? {}) as Record<string, string>
  const byName = /^metadata\.name=(.*)$/.exec(fieldSelector ?? '')?.[1]
  if (byName !== undefined && byName !== metadata.name) return false
  const onNode = /^spec\.nodeName=(.*)$/.exec(fieldSelector ?? '')?.[1]
  if (onNode !== undefined && onNode !== (spec as {nodeName?: unknown} | undefined)?.nodeName) return false
  return (labelSelector ?? '')
    .split(',')
    .filter(Boolean)
    .every((term) => {
      const one = /^(.+) in \((.+)\)$/.exec(term)
      if (one) return labels[one[1] ?? ''] === one[2]
      const [key = '', value] = term.split('=')
      return value === undefined ? key in labels : labels[key] === value
    })
}

/** A JSON patch sets the version that was read: another one in force is a conflict. */
const versionIn = (operations: unknown): unknown =>
  (operations as {path: string; value: unknown}[]).find(({path}) => path === '/metadata/resourceVersion')
    ?.value

const isOlder = (before: Stored | undefined, version: unknown): boolean =>
  version !== undefined && before?.metadata.resourceVersion !== version

function changed(before: Stored | undefined, body: Json, patch: WriteRequest['patch']): Stored {
  const start = structuredClone<Stored>(before ?? {metadata: {name: ''}})
  if (patch === 'json') {
    for (const {op, path, value} of body as unknown as {op: string; path: string; value: unknown}[]) {
      const keys = path.slice(1).split('/')
      const last = keys.pop() ?? ''
      const parent = keys.reduce<Json>((one, key) => one[key] as Json, start)
      if (op === 'replace' || op === 'add') parent[last] = value
    }
    return start
  }
  return merged(start, body) as Stored
}

function merged(into: Json, from: Json): Json {
  const result = {...into}
  for (const [key, value] of Object.entries(from)) {
    if (value === null) Reflect.deleteProperty(result, key)
    else if (typeof value === 'object' && !Array.isArray(value))
      result[key] = merged((result[key] ?? {}) as Json, value as Json)
    else result[key] = value
  }
  return result
}

/** Fields of `spec` that an object or an applied configuration has. */
const specFields = (object: Json | undefined): readonly string[] => Object.keys(object?.spec ?? {})

const fieldsOf = ({fieldsV1}: Managed): Json => (fieldsV1['f:spec'] ?? {}) as Json

/** What was applied before and is not any more goes, unless somebody else owns it too. */
function letGo(after: Stored, before: Stored | undefined, body: Json, manager: string): void {
  const entries = before?.metadata.managedFields ?? []
  const mine = entries.find((one) => one.manager === manager && one.operation === 'Apply')
  if (!mine) return
  for (const key of Object.keys(fieldsOf(mine))) {
    const field = key.slice(2)
    const isOthers = entries.some((one) => one !== mine && key in fieldsOf(one))
    if (!specFields(body).includes(field) && !isOthers) Reflect.deleteProperty(after.spec as Json, field)
  }
}

/** Who changes a field owns it; who applies one owns it, and alone where that changes it. */
function own(
  after: Stored,
  before: Stored | undefined,
  manager: string,
  operation: string,
  applied?: Json,
): void {
  const spec = (after.spec ?? {}) as Json
  const was = (before?.spec ?? {}) as Json
  const isChanged = (field: string) => JSON.stringify(spec[field]) !== JSON.stringify(was[field])
  const mine = applied ? specFields(applied) : specFields(after).filter(isChanged)
  const entries = (before?.metadata.managedFields ?? []).map((one) => {
    const isMine = one.manager === manager && one.operation === operation
    const kept = Object.entries(fieldsOf(one)).filter(([key]) => {
      const field = key.slice(2)
      if (!(field in spec)) return false
      return isMine ? !applied : !(mine.includes(field) && isChanged(field))
    })
    return {...one, fieldsV1: {'f:spec': Object.fromEntries(kept)}}
  })
  const found = entries.find((one) => one.manager === manager && one.operation === operation)
  const entry = found ?? {
    manager,
    operation,
    apiVersion: String(after.apiVersion),
    fieldsType: 'FieldsV1',
    fieldsV1: {'f:spec': {}},
  }
  Object.assign(fieldsOf(entry), Object.fromEntries(mine.map((field) => [`f:${field}`, {}])))
  const all = found ? entries : [...entries, entry]
  after.metadata = {
    ...after.metadata,
    managedFields: all.filter((one) => Object.keys(fieldsOf(one)).length > 0),
  }
}
