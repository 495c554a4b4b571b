// What pp relies on when it changes a cluster, held against a real API server and against the one that unit tests play: versions
// as preconditions, patches, who owns a field, giving it back, watches, Leases and copies of journals.
import {afterAll, beforeAll, beforeEach, describe, expect, jest, test} from '@jest/globals'
import * as z from 'zod'

import {openClusterToWrite} from '../../src/lib/drivers/kubernetes/open-cluster.ts'
import {readCopy, removeCopy, setAside, writeCopy} from '../../src/lib/drivers/kubernetes/journal-copy.ts'
import {readLease, writeLease} from '../../src/lib/drivers/kubernetes/lease.ts'
import type {ClusterWriter} from '../../src/lib/drivers/kubernetes/types.ts'
import {ensurePrograms} from '../../src/lib/lab/cluster/build.ts'
import {programsPath} from '../../src/lib/lab/cluster/programs.ts'
import {createProgress} from '../../src/lib/output/progress.ts'
import type {ServiceCluster} from '../../src/lib/workload/open-service.ts'
import {readFields, restoreFields, setFields} from '../../src/lib/workload/operate/fields.ts'
import {follow} from '../../src/lib/workload/follow.ts'
import type {FieldSet} from '../../src/lib/workload/operate/types.ts'
import {FakeCluster} from '../fakes/fake-cluster.ts'
import {ControlPlane} from '../in-lab/control-plane.ts'

const minutes = 60_000
jest.setTimeout(2 * minutes)
let plane: ControlPlane
beforeAll(async () => {
  await ensurePrograms(createProgress())
  plane = await ControlPlane.start(`${programsPath()}/bin`)
}, 60 * minutes) // programs may have to be built first
afterAll(() => plane.stop())

const list = '/apis/apps/v1/namespaces/default/deployments'
const path = `${list}/render`
const anything = z.looseObject({metadata: z.looseObject({resourceVersion: z.string()})})
const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {name: 'render', namespace: 'default'},
  spec: {
    replicas: 2,
    paused: true,
    selector: {matchLabels: {app: 'render'}},
    template: {metadata: {labels: {app: 'render'}}, spec: {containers: [{name: 'one', image: 'one'}]}},
  },
}

describe.each(['real', 'played'])('a %s cluster', (which) => {
  let api: ClusterWriter
  let cluster: ServiceCluster
  beforeEach(async () => {
    api = which === 'real' ? await openClusterToWrite(plane.access) : new FakeCluster()
    cluster = {
      api,
      declared: {
        name: 'rack', site: 'rack', namespace: 'default', aws: undefined,
      kubeconfig: undefined, context: undefined, nodeGroups: [],
      }, // prettier-ignore
    }
    await api.write({method: 'DELETE', path}, z.unknown())
    while (await api.get(path, z.unknown())) await new Promise((resolve) => setTimeout(resolve, 20))
    const written = await api.write(
      {method: 'POST', path: list, query: {fieldManager: 'somebody'}, body: deployment},
      anything,
    )
    expect(written.kind).toBe('written')
  })

  const field = async (): Promise<FieldSet> => {
    const [now] = await readFields(cluster, 'deployment/render', ['spec.replicas'])
    const {value = null, owners = []} = now ?? {}
    return {cluster: 'rack', object: 'deployment/render', field: 'spec.replicas', was: value, owners, to: 5}
  }

  test('makes nothing twice, and changes only what is still as it was read', async () => {
    expect(await api.write({method: 'POST', path: list, body: deployment}, anything)).toMatchObject({
      kind: 'conflict',
    })
    const old = await api.get(path, anything)
    const patch = (version: string | undefined, replicas: number) =>
      api.write(
        {
          method: 'PATCH',
          path,
          patch: 'merge',
          body: {metadata: {resourceVersion: version}, spec: {replicas}},
        },
        anything,
      )
    expect(await patch(old?.metadata.resourceVersion, 3)).toMatchObject({kind: 'written'})
    expect(await patch(old?.metadata.resourceVersion, 4)).toMatchObject({kind: 'conflict'})
    expect((await field()).was).toBe(3)
    const gone = {method: 'PATCH', path: `${list}/gone`, patch: 'merge', body: {}} as const
    expect(await api.write(gone, anything)).toEqual({kind: 'missing'})
  })

  test('gives a field to who applies it, and it is handed back with its value', async () => {
    const before = await field()
    expect(before).toMatchObject({was: 2, owners: [{manager: 'somebody', operation: 'Update'}]})
    await setFields(cluster, 'deployment/render', [before])
    expect(await field()).toMatchObject({was: 5, owners: [{manager: 'pp', operation: 'Apply'}]})
    await restoreFields(cluster, 'deployment/render', [before])
    expect(await field()).toEqual(before)
    expect(await api.get(path, z.looseObject({spec: z.looseObject({paused: z.boolean()})}))).toMatchObject({
      spec: {paused: true},
    })
  })

  test('gives a field to who changes it, and pp has lost it', async () => {
    await setFields(cluster, 'deployment/render', [await field()])
    await api.write(
      {method: 'PATCH', path, patch: 'merge', query: {fieldManager: 'ana'}, body: {spec: {replicas: 9}}},
      anything,
    )
    expect(await field()).toMatchObject({was: 9, owners: [{manager: 'ana', operation: 'Update'}]})
  })

  test('tells by a watch what a list becomes, and how soon', async () => {
    const named = z.object({metadata: z.object({name: z.string()}), spec: z.object({replicas: z.number()})})
    const end = new AbortController()
    const seen: number[][] = []
    let seenAt = 0
    const following = follow(api, {
      path: list,
      schema: named,
      query: {fieldSelector: 'metadata.name=render'},
      signal: end.signal,
      tell(items) {
        seen.push(items.map(({spec}) => spec.replicas))
        seenAt = performance.now()
      },
      onSilence: () => undefined,
    })
    const until = async (length: number) => {
      while (seen.length < length) await new Promise((resolve) => setTimeout(resolve, 5))
    }
    await until(1)
    await setFields(cluster, 'deployment/render', [await field()])
    const setAt = performance.now()
    await until(2)
    expect(seenAt - setAt).toBeLessThan(200)
    await api.write({method: 'DELETE', path}, z.unknown())
    while (seen.at(-1)?.length !== 0) await new Promise((resolve) => setTimeout(resolve, 5))
    end.abort()
    await following
    expect(seen.slice(0, 2)).toEqual([[2], [5]])
  })

  test('keeps a Lease by its own clock, for one of two', async () => {
    const place = {namespace: 'default', name: 'pp-contract'}
    const schema = z.object({operation: z.string()})
    const before = await readLease(api, place, schema)
    const change = {holder: {operation: 'A'}, identity: 'A ana', token: before.token + 1, leaseSeconds: 6}
    const first = await writeLease(api, {...place, version: before.version}, change)
    expect(first).not.toBe('conflict')
    expect(await writeLease(api, {...place, version: before.version}, change)).toBe('conflict')
    const held = await readLease(api, place, schema)
    expect(held).toMatchObject({holder: {operation: 'A'}, token: before.token + 1})
    expect(held.leftSeconds).toBeGreaterThan(4)
    expect(held.leftSeconds).toBeLessThanOrEqual(8)
    await writeLease(api, {...place, version: held.version}, {...change, holder: undefined})
    expect(await readLease(api, place, schema)).toMatchObject({holder: undefined, token: before.token + 1})
  })

  test('keeps copies of journals', async () => {
    const place = {namespace: 'default', operation: '0F3K8W2QX7', target: 'pp-render'}
    expect(await readCopy(api, place)).toBeUndefined()
    const first = await writeCopy(api, place, ['one'], undefined)
    expect(await writeCopy(api, place, ['other'], undefined)).toBe('conflict')
    expect(first).toMatchObject({operation: place.operation, lines: ['one']})
    await setAside(api, place, ['another'])
    const copy = await readCopy(api, place)
    expect(await writeCopy(api, place, ['one', 'two'], copy?.version)).toMatchObject({lines: ['one', 'two']})
    await removeCopy(api, place)
    expect(await readCopy(api, place)).toBeUndefined()
  })
})
