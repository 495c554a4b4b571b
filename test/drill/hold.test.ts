// Scenario: a drill holds the services that it disturbs, and somebody scales or deploys one of them, before, after or at the same time.
// Proves that never both go on, that nobody is blocked for ever, and that what was begun before can be finished.
import {afterEach, beforeEach, describe, expect, test} from '@jest/globals'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import type {Cluster} from '../../src/lib/database/cluster.ts'
import type {ClientHost} from '../../src/lib/drill/client-host.ts'
import {Drilling} from '../../src/lib/drill/drilling.ts'
import {clustersOfServices, heldChecks, heldServices, hold, release} from '../../src/lib/drill/hold.ts'
import {holdServices, performStep} from '../../src/lib/drill/perform.ts'
import {stillHeld} from '../../src/lib/drill/proofs.ts'
import type {ProbeResult} from '../../src/lib/drill/report/report-types.ts'
import {verdictOf} from '../../src/lib/drill/report/verdict.ts'
import type {Running} from '../../src/lib/drill/running.ts'
import type {DrillStep} from '../../src/lib/drill/steps.ts'
import {resolveDrill} from '../../src/lib/drill/resolve.ts'
import type {SiteFaultSpec, Targets} from '../../src/lib/drill/format/types.ts'
import type {PpError} from '../../src/lib/errors.ts'
import type {Fleet} from '../../src/lib/fleet/types.ts'
import {Journal} from '../../src/lib/operation/journal.ts'
import type {Lease} from '../../src/lib/operation/lock.ts'
import {operationsFolder} from '../../src/lib/operation/store.ts'
import type {Direction, StepContext} from '../../src/lib/operation/types.ts'
import {packageRoot} from '../../src/lib/package-root.ts'
import {refuseInDrill} from '../../src/lib/workload/in-drill.ts'
import {keptForService, refuseWhileChanged} from '../../src/lib/workload/open-service.ts'
import {FakeApiServer, kubeconfigFor} from '../fakes/api-server.ts'
import {healthyCluster} from '../fakes/cluster-state.ts'
import {drill} from '../fakes/drill.ts'
import {FakeCluster} from '../fakes/fake-cluster.ts'
import {silentProgress} from '../fakes/silent-progress.ts'

const namespace = 'pixelpulse'
const leasePath = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/pp-gateway`
const holdPath = `/api/v1/namespaces/${namespace}/configmaps/pp-hold-0f3k8w2qx7`
const about = {
  operation: '0F3K8W2QX7',
  run: 'pod-loss-20261127T120000',
  drill: 'pod-loss',
  owner: 'ana@ops1',
  services: ['gateway'],
}
const other = '0F3K8W2QX8'
const hours = 3_600_000

let rack: FakeCluster
let aws: FakeCluster
let fleet: Fleet
let leases: Lease[]

beforeEach(() => {
  rack = new FakeCluster()
  aws = new FakeCluster()
  leases = []
  fleet = {
    stateFolder: mkdtempSync(join(tmpdir(), 'pp-hold-')),
    services: [
      {name: 'gateway', clusters: ['rack', 'aws']},
      {name: 'auth', clusters: ['aws']},
      {name: 'thumbnails', clusters: ['rack']},
      {name: 'plain', clusters: []},
    ],
    clusters: [
      {
        name: 'rack',
        site: 'atlanta',
        inventory: join(packageRoot, 'playbooks/ansible/inventories/lab-cluster/hosts.yaml'),
      },
      {name: 'aws', site: 'virginia'},
    ],
  } as unknown as Fleet
})
afterEach(() => {
  for (const lease of leases) lease.abandon()
  rmSync(fleet.stateFolder, {recursive: true})
})

const clusters = () => [
  {name: 'rack', namespace, kubeconfig: undefined, context: 'rack', api: rack},
  {name: 'aws', namespace, kubeconfig: undefined, context: 'aws', api: aws},
]
const holdNow = (mayBeSilent = false, where = clusters()) => hold(fleet, where, about, {mayBeSilent})

async function lock(more: object = {}, where = clusters()): Promise<Lease> {
  const keeper = keptForService('gateway', where)
  const lease = await keeper.acquire({operation: other, leaseSeconds: 60, mayTakeOver: false, ...more})
  leases.push(lease)
  return lease
}

describe('the services that a drill holds', () => {
  const held = (targets: Partial<Targets>, fault?: SiteFaultSpec) => {
    const wanted = drill({
      targets: {database: 'main', hosts: [], maxHosts: 3, maxPods: 1, services: [], sites: [], ...targets},
      method: fault ? [{act: 'fault', name: 'fault', fault}] : [],
    })
    const found = resolveDrill(wanted, healthyCluster(), {ofClusters: ['node1']})
    if (found.kind === 'refused') throw new Error(found.reason)
    return heldServices(fleet, wanted, found)
  }

  test.each([
    {name: 'none, of a drill of the database alone', targets: {hosts: ['{primary}']}, services: []},
    {name: 'those that it names', targets: {services: ['auth', 'plain']}, services: ['auth']},
    {name: 'all of a site', targets: {sites: ['virginia']}, services: ['gateway', 'auth']},
    {
      name: 'all of a cluster with such a host',
      targets: {hosts: ['node1']},
      services: ['gateway', 'thumbnails'],
    },
  ])('are $name', ({targets, services}) => {
    expect(held(targets)).toEqual(services)
  })

  test('are all where the link is cut', () => {
    expect(held({}, {kind: 'cut-link', expiresSeconds: 60})).toEqual(['gateway', 'auth', 'thumbnails'])
  })

  test('are held in every cluster that one of them runs in', () => {
    const names = (services: readonly string[]) => clustersOfServices(fleet, services).map(({name}) => name)
    expect(names(['thumbnails'])).toEqual(['rack'])
    expect(names(['thumbnails', 'auth'])).toEqual(['rack', 'aws'])
    expect(names(['gone'])).toEqual([])
  })
})

describe('a held service', () => {
  test('is changed by nobody: exit 6, with the drill, the run and the way out, and no Lease is left', async () => {
    expect(await holdNow()).toEqual(['rack', 'aws'])
    const failure: unknown = await lock().catch((error: unknown) => error)
    expect(failure).toMatchObject({
      code: 'SERVICE_IN_DRILL',
      exitCode: 6,
      message:
        'gateway is held by the drill pod-loss of ana@ops1 (run pod-loss-20261127T120000) since 2026-11-27 12:00 UTC, until 2026-11-27 14:00 UTC at the latest.',
      hint: 'pp drill status; where it was left behind: pp drill undo 0F3K8W2QX7',
    })
    for (const api of [rack, aws]) expect(api.object(leasePath).spec.holderIdentity).toBeUndefined()
  })

  test('is held on each site by itself, also for who changes one of them', async () => {
    await holdNow()
    await expect(lock({}, clusters().slice(1))).rejects.toMatchObject({code: 'SERVICE_IN_DRILL'})
  })

  test('keeps nobody from another service', async () => {
    await hold(fleet, clusters(), {...about, services: ['auth']}, {mayBeSilent: false})
    expect((await lock()).isFresh()).toBe(true)
  })

  test('is free again when the time of the hold is over, by the clock of the API server', async () => {
    await holdNow()
    for (const api of [rack, aws]) api.now += 2 * hours - 1000
    await expect(lock()).rejects.toMatchObject({code: 'SERVICE_IN_DRILL'})
    for (const api of [rack, aws]) api.now += 1000
    expect((await lock()).isFresh()).toBe(true)
  })

  test('is free again when it was released, and releasing twice does no harm', async () => {
    await holdNow()
    expect(await release(clusters(), about.operation)).toEqual([])
    expect(await release(clusters(), about.operation)).toEqual([])
    expect([rack, aws].map(({objects}) => objects.has(holdPath))).toEqual([false, false])
    expect((await lock()).isFresh()).toBe(true)
  })

  test('lets an operation go on that goes on with its own', async () => {
    await holdNow()
    expect((await lock({mayTakeOver: true})).isFresh()).toBe(true)
  })

  test('is no unfinished operation, and its hold no copy of a journal', async () => {
    await holdNow()
    await refuseWhileChanged(fleet, 'gateway', clusters())
    expect(rack.object(holdPath).metadata.labels).toEqual({
      'app.kubernetes.io/managed-by': 'pp',
      'pp.pixelpulse.io/hold': about.operation,
    })
  })
})

describe('a hold that cannot be read', () => {
  beforeEach(() => {
    for (const [name, data] of [
      ['one', {hold: '{"drill": 1}'}],
      ['two', undefined],
    ] as const)
      rack.put(`/api/v1/namespaces/${namespace}/configmaps/${name}`, {
        metadata: {
          name,
          creationTimestamp: new Date(rack.now).toISOString(),
          labels: {'pp.pixelpulse.io/hold': about.operation},
        },
        ...(data ? {data} : {}),
      })
  })

  test('holds every service for two hours after it was made, and no longer', async () => {
    rack.now += 2 * hours - 1000
    await expect(lock()).rejects.toMatchObject({
      code: 'SERVICE_IN_DRILL',
      hint: expect.stringContaining(`pp drill undo ${about.operation}`),
    })
    rack.now += 1000
    expect((await lock()).isFresh()).toBe(true)
  })

  test('hides none beside it', async () => {
    await holdNow()
    rack.now += 2 * hours - 1000
    await holdNow()
    rack.now += hours
    await expect(lock({}, clusters().slice(0, 1))).rejects.toMatchObject({
      code: 'SERVICE_IN_DRILL',
      message: expect.stringContaining('pod-loss of ana@ops1'),
    })
  })
})

describe('a drill', () => {
  test('does not begin while an operation has one of its services, and says which', async () => {
    await lock()
    await expect(holdNow()).rejects.toMatchObject({
      code: 'TARGET_LOCKED',
      message: expect.stringContaining(`operation ${other}`),
    })
  })

  test('does not begin while another drill holds one of its services, which does not see it as its own', async () => {
    await holdNow()
    const another = {...about, operation: other, services: ['gateway', 'auth']}
    await expect(hold(fleet, clusters(), another, {mayBeSilent: false})).rejects.toMatchObject({
      code: 'SERVICE_IN_DRILL',
      exitCode: 6,
      message: expect.stringContaining(`(run ${about.run})`),
    })
    await release(clusters(), about.operation)
    expect(await hold(fleet, clusters(), another, {mayBeSilent: false})).toEqual(['rack', 'aws'])
  })

  test('does not begin while one is unfinished there', async () => {
    await lock()
    for (const api of [rack, aws]) api.now += hours
    await expect(holdNow()).rejects.toMatchObject({
      code: 'OPERATION_UNFINISHED',
      hint: `pp op resume ${other}, or pp op abort ${other}`,
    })
  })

  test.each([
    {first: 'the drill', place: 'before', path: 'configmaps', seen: ['TARGET_LOCKED', 'locked']},
    {first: 'the drill', place: 'after', path: 'configmaps', seen: ['held', 'SERVICE_IN_DRILL']},
    {first: 'the operation', place: 'before', path: 'leases', seen: ['held', 'SERVICE_IN_DRILL']},
    {first: 'the operation', place: 'after', path: 'leases', seen: ['TARGET_LOCKED', 'SERVICE_IN_DRILL']},
  ])(
    'sees the operation or is seen by it: $first is overtaken $place its write ($seen)',
    async ({first, place, path, seen}) => {
      const codeOf = (error: unknown) => (error as {code: string}).code
      const only = clusters().slice(0, 1)
      const drilled = () => holdNow(false, only).then(() => 'held', codeOf)
      const operated = () => lock({}, only).then(() => 'locked', codeOf)
      const [quick, slow] = first === 'the drill' ? [operated, drilled] : [drilled, operated]
      let between: Promise<string> | undefined
      const write = rack.write.bind(rack)
      rack.write = async (request, schema) => {
        const isIt = !between && request.path.endsWith(path)
        if (isIt && place === 'before') await (between = quick())
        const written = await write(request, schema)
        if (isIt && place === 'after') await (between = quick())
        return written
      }
      const slowly = await slow()
      const quickly = await between
      expect(first === 'the drill' ? [slowly, quickly] : [quickly, slowly]).toEqual(seen)
    },
  )

  test('does not begin while a cluster of its services is silent, and leaves no hold in the others', async () => {
    aws.isSilent = true
    await expect(holdNow()).rejects.toMatchObject({code: 'CLUSTER_UNREACHABLE'})
    expect(await release(clusters(), about.operation, 0)).toHaveLength(1)
    expect(rack.objects.has(holdPath)).toBe(false)
  })

  test('goes on though it has made a cluster silent, and its hold is prolonged where it can be', async () => {
    await holdNow()
    for (const api of [rack, aws]) api.now += hours
    aws.isSilent = true
    expect(await holdNow(true)).toEqual(['rack'])
    expect(JSON.parse(rack.object(holdPath).data.hold)).toMatchObject({
      since: '2026-11-27T12:00:00.000Z',
      until: '2026-11-27T15:00:00.000Z',
    })
  })

  test('says at its end where a hold stays, and that it ends by itself', async () => {
    await holdNow()
    aws.isSilent = true
    expect(await release(clusters(), about.operation, 0)).toEqual([
      'the hold on services stays in aws and ends by itself within 2 h, or with kubectl --context aws --namespace pixelpulse delete configmap pp-hold-0f3k8w2qx7: no answer',
    ])
    expect(rack.objects.has(holdPath)).toBe(false)
  })

  test('waits at its end for an API server that comes back', async () => {
    await holdNow()
    aws.isSilent = true
    setTimeout(() => (aws.isSilent = false), 500)
    expect(await release(clusters(), about.operation)).toEqual([])
    expect(aws.objects.has(holdPath)).toBe(false)
  })
})

/** That of an operation which is under way. */
const busyLease = () => ({
  metadata: {
    resourceVersion: '1',
    annotations: {
      'pp.pixelpulse.io/holder': JSON.stringify({
        ...{operation: other, step: 'set', owner: 'ben@ops2'},
        ...{operatorHost: 'ops2', operatorBootId: 'b', pid: 1},
      }),
    },
  },
  spec: {
    holderIdentity: other,
    leaseDurationSeconds: 60,
    leaseTransitions: 1,
    renewTime: new Date().toISOString(),
  },
})

test('a check of a drill fails where an operation has a service or another drill holds it, and where a cluster is silent', async () => {
  const server = await FakeApiServer.start({})
  const busy = await FakeApiServer.start({
    [leasePath]: busyLease(),
  })
  const drilled = await FakeApiServer.start({
    [`/api/v1/namespaces/${namespace}/configmaps`]: [
      {
        data: {
          hold: JSON.stringify({...about, since: '2026-01-01T00:00:00Z', until: '2999-01-01T00:00:00Z'}),
        },
      },
    ],
  })
  const checksWith = (kubeconfigs: readonly string[]) =>
    heldChecks(
      {
        ...fleet,
        clusters: fleet.clusters.map((cluster, n) => ({
          ...cluster, namespace, kubeconfig: kubeconfigs[n], context: undefined,
        })), // prettier-ignore
      },
      ['gateway'],
    )
  try {
    expect(await checksWith([server.kubeconfig, server.kubeconfig])).toMatchObject([
      {id: 'service.gateway', status: 'pass'},
    ])
    expect(await checksWith([server.kubeconfig, busy.kubeconfig])).toMatchObject([
      {
        id: 'service.gateway',
        status: 'fail',
        measured: `service/gateway is being changed by ben@ops2 (operation ${other}, at set).`,
        hint: expect.stringContaining(`pp op show ${other}`),
      },
    ])
    expect(await checksWith([server.kubeconfig, drilled.kubeconfig])).toMatchObject([
      {status: 'fail', measured: expect.stringContaining('is held by the drill pod-loss')},
    ])
  } finally {
    await drilled.stop()
    await busy.stop()
  }
  try {
    expect(await checksWith([server.kubeconfig, busy.kubeconfig])).toMatchObject([
      {status: 'fail', measured: expect.stringContaining('cannot be read')},
    ])
  } finally {
    await server.stop()
  }
})

test('a hold that stays is a finding of the run, which is degraded by it and not more', () => {
  const left = ['the hold on services stays in aws']
  const proof = {name: 'release-services', from: 0, to: 1, says: '', left}
  const data = {kind: 'release-services', proof}
  expect(stillHeld([{n: 0, at: '', type: 'step-done', token: 1, data, previous: ''}])).toEqual(left)
  expect(verdictOf([], [], left)).toEqual({outcome: 'degraded', findings: left})
  expect(verdictOf([], [], stillHeld([]))).toEqual({outcome: 'done', findings: []})
})

const services = ['gateway']
const holdStep: DrillStep = {kind: 'hold-services', name: 'hold-services', services}
const releaseStep: DrillStep = {kind: 'release-services', name: 'release-services', services}
const context = {operation: about.operation} as StepContext

/** @param kubeconfigs of the clusters, in their order; one without is not in the fleet. */
const runningWith = (...kubeconfigs: readonly string[]): Running =>
  ({
    cluster: {
      fleet: {
        ...fleet,
        clusters: kubeconfigs.map((kubeconfig, n) => ({
          ...fleet.clusters[n], namespace, kubeconfig, context: undefined,
        })), // prettier-ignore
      },
    },
    intent: {run: about.run, drill: {name: about.drill}, resolved: {held: services}},
    now: () => 0,
  }) as unknown as Running

test('of a run that has ended here, the refusal has the command that removes its hold: pp drill undo would refuse', async () => {
  const note = {...about, since: new Date().toISOString(), until: '2999-01-01T00:00:00Z'}
  const server = await FakeApiServer.start({
    [`/api/v1/namespaces/${namespace}/configmaps`]: [{metadata: {}, data: {hold: JSON.stringify(note)}}],
  })
  const {fleet: its} = runningWith(server.kubeconfig).cluster
  const hintNow = () =>
    refuseInDrill(its, {name: 'gateway', site: undefined, plan: false}).catch(
      (error: unknown) => (error as PpError).hint,
    )
  const journal = Journal.create(operationsFolder(its), about.operation)
  try {
    journal.append('opened', {kind: 'drill', target: 'drill/main'})
    expect(await hintNow()).toContain(`pp drill undo ${about.operation}`)
    journal.append('closed', {outcome: 'undone'})
    expect(await hintNow()).toBe(
      `That run has ended. Remove its hold: kubectl --kubeconfig ${server.kubeconfig} --namespace ${namespace} delete configmap pp-hold-0f3k8w2qx7`,
    )
  } finally {
    journal.close()
    await server.stop()
  }
})

describe('where the login to one cluster fails', () => {
  let server: FakeApiServer
  let said: string[]
  let running: Running
  beforeEach(async () => {
    said = []
    server = await FakeApiServer.start((url, request) => {
      said.push(`${request.method ?? ''} ${url.pathname}`)
      return request.method === 'POST' ? {status: 201, body: {}} : {status: 404, body: {}}
    })
    running = runningWith(server.kubeconfig, loginFailing(fleet.stateFolder))
  })
  afterEach(() => server.stop())

  test('the others are released, and the run can end', async () => {
    expect(await performStep(releaseStep, running, context)).toMatchObject({
      left: [
        expect.stringMatching(/^the hold on services stays in aws and .* Logging in to aws .* not work/),
      ],
    })
    expect(said).toEqual([`DELETE ${holdPath}`])
  })

  test('no drill begins, and none is held', async () => {
    await expect(performStep(holdStep, running, context)).rejects.toMatchObject({
      code: 'CLUSTER_LOGIN_FAILED',
    })
    expect(said).toEqual([])
  })

  test('a run that is gone on with holds the others', async () => {
    const held = await holdServices(services, running, about.operation, {mayBeSilent: true})
    expect(held).toMatchObject({says: 'held in rack, for 2 h at most'})
  })
})

/** @returns a kubeconfig whose command to log in fails, as one of SSO does that is over. */
function loginFailing(folder: string): string {
  const path = join(folder, 'sso-is-over')
  const config = JSON.parse(kubeconfigFor('http://127.0.0.1:9')) as {users: object[]}
  const exec = {apiVersion: 'client.authentication.k8s.io/v1', command: 'false', interactiveMode: 'Never'}
  writeFileSync(path, JSON.stringify({...config, users: [{name: 'reader', user: {exec}}]}))
  return path
}

test('a run that is gone on with, and finds an operation on a service, leaves no hold there', async () => {
  const said: string[] = []
  const server = await FakeApiServer.start((url, request) => {
    said.push(`${request.method ?? ''} ${url.pathname}`)
    if (url.pathname === leasePath) return {body: busyLease()}
    return request.method === 'POST' ? {status: 201, body: {}} : {status: 404, body: {}}
  })
  try {
    await expect(
      holdServices(services, runningWith(server.kubeconfig), about.operation, {mayBeSilent: true}),
    ).rejects.toMatchObject({code: 'TARGET_LOCKED'})
  } finally {
    await server.stop()
  }
  expect(said.at(-1)).toBe(`DELETE ${holdPath}`)
})

describe('a run that was killed when it held the services, and nothing more', () => {
  const planned = (direction: Direction) => {
    const {intent} = runningWith()
    const drilling = new Drilling({
      cluster: {} as unknown as Cluster,
      client: {helper: {notAfter: () => 0}} as unknown as ClientHost,
      intent: {...intent, resolved: {...intent.resolved, method: [], undo: []}},
      operation: about.operation,
      folder: join(fleet.stateFolder, 'run'),
      progress: silentProgress,
    })
    drilling.running.before = [{name: 'rows', status: 'broken', said: 'no answer'} as unknown as ProbeResult]
    return drilling.plan(direction, [
      {n: 0, at: '', type: 'step-intent', token: 1, data: holdStep, previous: ''},
    ])
  }

  test('does not go on with a steady state that does not hold', () => {
    expect(planned('forward')).toMatchObject({kind: 'refused', code: 'STEADY_STATE_BAD'})
  })

  test('is taken back all the same', () => {
    expect(planned('back')).toEqual({kind: 'steps', steps: [releaseStep]})
  })
})

test('the steps of a run write the hold and take it away, with what the run is', async () => {
  const said: string[] = []
  const server = await FakeApiServer.start((url, request) => {
    said.push(`${request.method ?? ''} ${url.pathname}`)
    return request.method === 'POST' ? {status: 201, body: {}} : {status: 404, body: {}}
  })
  const running = runningWith(server.kubeconfig)
  try {
    const held = await performStep(holdStep, running, context)
    expect(held).toMatchObject({name: 'hold-services', says: 'held in rack, for 2 h at most'})
    expect(await performStep(releaseStep, running, context)).toMatchObject({left: []})
  } finally {
    await server.stop()
  }
  const path = `/api/v1/namespaces/${namespace}/configmaps`
  expect(said).toEqual([
    `GET ${holdPath}`,
    `POST ${path}`,
    `GET ${leasePath}`,
    `GET ${path}`,
    `DELETE ${holdPath}`,
  ])
})
