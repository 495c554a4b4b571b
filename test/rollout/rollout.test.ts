// A rollout on a cluster that is played here, its Deployment controller with it, driven by the engine of operations.
import {afterEach, beforeEach, describe, expect, test} from '@jest/globals'
import {mkdtempSync, readdirSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import type {Fleet} from '../../src/lib/fleet/types.ts'
import {newOperationId} from '../../src/lib/operation/id.ts'
import {Journal} from '../../src/lib/operation/journal.ts'
import {writeHold} from '../../src/lib/drivers/kubernetes/hold.ts'
import {runOperation, type Ending} from '../../src/lib/operation/run.ts'
import {observeRollout} from '../../src/lib/rollout/observe.ts'
import {resolved} from '../../src/lib/rollout/request.ts'
import {Rollout} from '../../src/lib/rollout/rollout.ts'
import {shareOf} from '../../src/lib/rollout/share.ts'
import {imageOf} from '../../src/lib/rollout/template.ts'
import type {RolloutIntent} from '../../src/lib/rollout/types.ts'
import {keptForService, type OpenService} from '../../src/lib/workload/open-service.ts'
import {FakeCluster} from '../fakes/fake-cluster.ts'
import {silentProgress} from '../fakes/silent-progress.ts'
import {entrance, image, led, template} from './facts.ts'

const deployments = '/apis/apps/v1/namespaces/pixelpulse/deployments'
const jobs = '/apis/batch/v1/namespaces/pixelpulse/jobs'
const selector = {'app.kubernetes.io/name': 'auth'}
const declared = {
  name: 'rack', site: 'rack', namespace: 'pixelpulse', aws: undefined,
  kubeconfig: undefined, context: undefined, nodeGroups: [],
} // prettier-ignore

let api: FakeCluster
let service: OpenService
let folder: string
/** Images whose Pods never become ready. */
let broken: Set<string>
/** Images whose Pods its controller does not come to replace, and what happens instead. */
let held: Set<string>
let whenHeld: () => void
let migrations: string[]

beforeEach(() => {
  api = new FakeCluster()
  broken = new Set()
  held = new Set()
  whenHeld = () => undefined
  migrations = []
  folder = mkdtempSync(join(tmpdir(), 'pp-rollout-'))
  playControllers()
  api.put(`${deployments}/auth`, {
    metadata: {name: 'auth', uid: 'u1', generation: 1, annotations: {}},
    spec: {replicas: 3, selector: {matchLabels: selector}, template: template('1.0.0')},
    status: statusOf(3, 1, true),
  })
  service = {
    fleet: {} as Fleet,
    service: {
      name: 'auth',
      instances: [],
      urls: {},
      clusters: ['rack'],
      deployment: 'auth',
      migrate: undefined,
    },
    clusters: [{declared, api}],
    keeper: keptForService('auth', [{name: 'rack', namespace: 'pixelpulse', api}]),
    close: () => undefined,
  }
})

afterEach(() => {
  rmSync(folder, {recursive: true})
})

const statusOf = (replicas: number, generation: number, isReady: boolean) => ({
  observedGeneration: generation,
  replicas,
  updatedReplicas: replicas,
  availableReplicas: isReady ? replicas : 0,
  conditions: isReady
    ? []
    : [{type: 'Progressing', status: 'False', message: 'ReplicaSet "auth-x" has timed out progressing.'}],
})

/** A new template gets a new generation at once, and its Pods a moment later; a Job ends a moment after it was made. */
function playControllers(): void {
  const seen = new Map<string, string>()
  api.afterChange = (path, object) => {
    const {spec} = object as {spec?: {replicas?: number; template?: ReturnType<typeof template>}}
    if (path.startsWith(`${jobs}/`) && !seen.has(path)) {
      seen.set(path, '')
      migrations.push(imageOf(spec!.template!))
      setImmediate(() =>
        api.put(path, {...object, status: {conditions: [{type: 'Complete', status: 'True'}]}}),
      )
    }
    if (!path.startsWith(`${deployments}/`) || !spec?.template) return
    const now = JSON.stringify(spec.template)
    const before = seen.get(path)
    seen.set(path, now)
    if (before === now || (before === undefined && path.endsWith('/auth'))) return
    const generation = Number(object.metadata.generation ?? 1) + 1
    api.put(path, {...object, metadata: {...object.metadata, generation}})
    const isReady = !broken.has(imageOf(spec.template))
    setImmediate(() => {
      if (held.has(imageOf(spec.template!))) whenHeld()
      else if (api.objects.has(path))
        api.put(path, {...api.object(path), status: statusOf(spec.replicas ?? 1, generation, isReady)})
    })
  }
}

async function deploy(
  tag: string,
  more: Partial<RolloutIntent> = {},
): Promise<{ending: Ending; journal: Journal}> {
  const facts = [await observeRollout(api, declared, 'auth')]
  const asked = {operation: 'deploy', image: tag, patienceSeconds: 20} as const
  const intent = {...resolved(asked, facts, {name: 'auth', migrate: undefined}), ...more}
  const journal = Journal.create(folder, newOperationId())
  journal.append('opened', {kind: 'rollout', intent})
  const work = new Rollout(service, {intent, facts})
  const run = {...options, direction: 'forward', isContinued: false} as const
  const ending = await runOperation({work, journal, ...run, expected: work.fingerprint()})
  journal.close()
  return {ending, journal}
}
const options = {progress: silentProgress, leaseSeconds: 30, verifySeconds: 0}

/** As pp op resume and pp op abort do. */
async function goOn({id}: Journal, direction: 'forward' | 'back'): Promise<Ending> {
  const journal = Journal.open(folder, id)
  const {intent} = journal.records[0]?.data as {intent: RolloutIntent}
  const work = new Rollout(service, {intent, facts: []})
  const ending = await runOperation({work, journal, ...options, direction, isContinued: true})
  journal.close()
  return ending
}

const runs = async () => imageOf((await observeRollout(api, declared, 'auth')).template)

test('a version comes to the cluster, its migrations before it', async () => {
  const {ending, journal} = await deploy('1.1.0', {migrate: ['src/migrate.ts']})
  expect(ending).toMatchObject({outcome: 'done', exitCode: 0, findings: []})
  expect(ending.phases.map(({id}) => id)).toEqual(['migrate', 'replace', 'roll'])
  expect(migrations).toEqual([image('1.1.0')])
  expect(await runs()).toBe(image('1.1.0'))
  expect(api.object(`${deployments}/auth`).metadata.annotations['kubernetes.io/change-cause']).toBe(
    `pp deploy 1.1.0 (${journal.id})`,
  )
})

test('a drill that began after the plan was shown keeps it from beginning, and nothing is left of it', async () => {
  const about = {operation: '0F3K8W2QX7', run: 'pod-loss-1', drill: 'pod-loss', owner: 'ana@ops1'}
  await writeHold(api, 'pixelpulse', {...about, services: ['auth']}, 60)
  await expect(deploy('1.1.0')).rejects.toMatchObject({code: 'SERVICE_IN_DRILL', exitCode: 6})
  expect(await runs()).toBe(image('1.0.0'))
  expect(readdirSync(folder)).toEqual([])
  expect([...api.objects.keys()].filter((path) => path.includes('pp-journal'))).toEqual([])
})

test('Pods that never become ready: put back by itself, with what the controller says', async () => {
  broken.add(image('1.1.0'))
  const {ending} = await deploy('1.1.0')
  expect(ending).toMatchObject({outcome: 'undone', exitCode: 12, error: {code: 'STEP_GIVEN_UP'}})
  expect(String(ending.error)).toContain('has timed out progressing')
  expect(await runs()).toBe(image('1.0.0'))
})

test('a canary that nobody asks anything stays for somebody to decide', async () => {
  const {ending} = await deploy('1.1.0', {canary: {percent: 10, seconds: 0}})
  expect(ending).toMatchObject({outcome: 'human', exitCode: 13, error: {code: 'CANARY_INCONCLUSIVE'}})
  expect(await runs()).toBe(image('1.0.0'))
  expect(api.object(`${deployments}/auth-canary`).spec.replicas).toBe(1)
})

describe('that canary', () => {
  let journal: Journal
  beforeEach(async () => {
    ;({journal} = await deploy('1.1.0', {canary: {percent: 10, seconds: 0}}))
  })

  test('is looked at again by resume, which goes on with the deploy once it has answered enough', async () => {
    expect(api.object(`${deployments}/auth`).spec.paused).toBeUndefined()
    expect(await goOn(journal, 'forward')).toMatchObject({error: {code: 'CANARY_INCONCLUSIVE'}})
    answerRequests(journal.id, 200)
    expect(await goOn(journal, 'forward')).toMatchObject({outcome: 'done', exitCode: 0, findings: []})
    expect(await runs()).toBe(image('1.1.0'))
    expect(api.objects.has(`${deployments}/auth-canary`)).toBe(false)
  })

  test('goes with abort', async () => {
    expect(await goOn(journal, 'back')).toMatchObject({outcome: 'done', direction: 'back', findings: []})
    expect(await runs()).toBe(image('1.0.0'))
    expect(api.objects.has(`${deployments}/auth-canary`)).toBe(false)
  })
})

describe('a Deployment that somebody pauses while its Pods are waited for', () => {
  const path = `${deployments}/auth`
  const setPaused = (paused: boolean) => {
    api.put(path, {...api.object(path), spec: {...api.object(path).spec, paused}})
  }
  /** What its controller has done by then: one Pod of the new version beside those of the old one. */
  const halfWay = () => {
    const status = {...statusOf(4, 9, true), updatedReplicas: 1, availableReplicas: 3}
    api.put(path, {...api.object(path), status})
  }

  test('stays as it is in either direction, until it is let go on', async () => {
    held.add(image('1.1.0')).add(image('1.0.0'))
    whenHeld = () => {
      halfWay()
      setPaused(true)
    }
    const {ending, journal} = await deploy('1.1.0')
    expect(ending).toMatchObject({outcome: 'human', exitCode: 13, error: {code: 'ROLLOUT_PAUSED'}})
    expect(await runs()).toBe(image('1.1.0'))
    expect(await goOn(journal, 'back')).toMatchObject({outcome: 'human', error: {code: 'ROLLOUT_PAUSED'}})
    held.clear()
    setPaused(false)
    api.put(path, {...api.object(path), status: statusOf(3, 9, true)})
    expect(await goOn(journal, 'back')).toMatchObject({outcome: 'done', direction: 'back', findings: []})
    expect(await runs()).toBe(image('1.0.0'))
  })
})

test('a canary that fails its requests is taken away, and nothing else was touched', async () => {
  failRequests()
  const {ending} = await deploy('1.1.0', {canary: {percent: 10, seconds: 30}})
  expect(ending).toMatchObject({outcome: 'undone', exitCode: 12, error: {code: 'CANARY_FAILED'}})
  expect(String(ending.error)).toContain('the canary failed 9 of 49')
  expect(await runs()).toBe(image('1.0.0'))
  expect(api.objects.has(`${deployments}/auth-canary`)).toBe(false)
})

test("somebody else's template is overwritten in neither direction", async () => {
  api.beforeWrite = ({patch, path}) => {
    if (patch !== 'json' || path !== `${deployments}/auth`) return
    api.beforeWrite = () => undefined
    api.put(path, {...api.object(path), spec: {...api.object(path).spec, template: template('2.0.0')}})
  }
  const {ending} = await deploy('1.1.0')
  expect(ending).toMatchObject({outcome: 'human', error: {code: 'CHANGED_MEANWHILE'}})
  expect(await runs()).toBe(image('2.0.0'))
})

test('the cluster has the intent of an act before the act, for whoever goes on when this machine is lost', async () => {
  const known: string[] = []
  api.beforeWrite = ({patch, path}) => {
    if (patch !== 'json' || path !== `${deployments}/auth`) return
    const copies = [...api.objects.keys()].filter((name) => name.includes('/configmaps/pp-journal-'))
    known.push(...copies.map((name) => JSON.stringify(api.object(name))))
  }
  await deploy('1.1.0')
  expect(known).toEqual([expect.stringContaining('replace')])
})

describe('a canary that an Ingress weighs', () => {
  const services = '/api/v1/namespaces/pixelpulse/services'
  const ingresses = '/apis/networking.k8s.io/v1/namespaces/pixelpulse/ingresses'
  let intent: RolloutIntent

  beforeEach(async () => {
    const running = api.object(`${deployments}/auth`)
    api.put(`${deployments}/auth`, {...running, spec: {...running.spec, template: led('1.0.0')}})
    const facts = [await observeRollout(api, declared, 'auth')]
    const canary = {percent: 10, seconds: 0}
    const asked = {operation: 'deploy', image: '1.1.0', canary, patienceSeconds: 20} as const
    intent = resolved(asked, facts, {name: 'auth', migrate: undefined})
    intent = {
      ...intent,
      targets: intent.targets.map((one) => ({...one, share: shareOf(facts[0]!, entrance())})),
    }
  })

  test('gets its part by its own Service and Ingress, and its Pods are none of the service', async () => {
    const {ending, journal} = await deploy('1.1.0', intent)
    expect(ending).toMatchObject({outcome: 'human', error: {code: 'CANARY_INCONCLUSIVE'}})
    const own = {'pixelpulse.io/operation': journal.id}
    const track = {'pixelpulse.io/track': 'canary'}
    expect(api.object(`${deployments}/auth-canary`).spec.template.metadata.labels).toEqual({
      ...selector,
      ...track,
      ...own,
    })
    expect(api.object(`${services}/auth-canary`)).toMatchObject({
      metadata: {labels: own},
      spec: {
        selector: {...selector, ...track, ...own},
        ports: [{name: 'http', port: 80, targetPort: 'http'}],
      },
    })
    expect(api.object(`${ingresses}/auth-canary`)).toMatchObject({
      metadata: {
        labels: own,
        annotations: {
          'nginx.ingress.kubernetes.io/canary': 'true',
          'nginx.ingress.kubernetes.io/canary-weight': '10',
        },
      },
      spec: {
        ingressClassName: 'pixelpulse',
        rules: [
          {http: {paths: [{path: '/', backend: {service: {name: 'auth-canary', port: {name: 'http'}}}}]}},
        ],
      },
    })
  })

  test('nothing leads to its Pods when they go, and nothing of it is left', async () => {
    failRequests()
    const writes = recorded()
    const {ending} = await deploy('1.1.0', {...intent, canary: {percent: 10, seconds: 30}})
    expect(ending).toMatchObject({outcome: 'undone', exitCode: 12, error: {code: 'CANARY_FAILED'}})
    expect(writes.filter((one) => one.startsWith('DELETE'))).toEqual([
      `DELETE ${ingresses}/auth-canary`,
      `DELETE ${deployments}/auth-canary`,
      `DELETE ${services}/auth-canary`,
    ])
    expect([...api.objects.keys()].filter((path) => path.endsWith('/auth-canary'))).toEqual([])
  })

  test("somebody else's Service of that name is neither used nor removed", async () => {
    const others = {metadata: {name: 'auth-canary', labels: {}}, spec: {selector: {app: 'another'}}}
    api.put(`${services}/auth-canary`, others)
    const {ending} = await deploy('1.1.0', intent)
    expect(ending).toMatchObject({outcome: 'undone', error: {code: 'CANARY_LEFT'}})
    expect([...api.objects.keys()].filter((path) => path.endsWith('/auth-canary'))).toEqual([
      `${services}/auth-canary`,
    ])
  })
})

function recorded(): readonly string[] {
  const writes: string[] = []
  const before = api.beforeWrite
  api.beforeWrite = (request) => {
    writes.push(`${request.method} ${request.path}`)
    before(request)
  }
  return writes
}

/** A canary answers requests, and fails a fifth of them. */
function failRequests(): void {
  api.beforeWrite = ({method, path, body}) => {
    if (method !== 'POST' || path !== deployments) return
    const {metadata} = body as {metadata: {labels: Record<string, string>}}
    putCanaryPod(metadata.labels, {200: 40, 500: 9})
  }
}

const answerRequests = (operation: string, count: number) => {
  putCanaryPod({...selector, 'pixelpulse.io/operation': operation}, {200: count})
}

function putCanaryPod(labels: Record<string, string>, answers: Readonly<Record<number, number>>): void {
  const path = '/api/v1/namespaces/pixelpulse/pods/auth-canary-1'
  api.put(path, {metadata: {name: 'auth-canary-1', labels}, status: {phase: 'Running'}})
  const lines = Object.entries(answers).map(
    ([status, count]) => `http_request_duration_seconds_count{route="/log-in",status="${status}"} ${count}\n`,
  )
  api.texts.set(`${path}:8080/proxy/metrics`, lines.join(''))
}
