import {afterAll, afterEach, beforeAll, describe, expect, test} from '@jest/globals'
import {join} from 'node:path'

import {FakeApiServer, kubeconfigFor} from '../fakes/api-server.ts'
import {TemporaryFleet} from '../fleet/temporary-fleet.ts'
import {freePort} from '../free-port.ts'
import {runPp} from '../run-pp.ts'

const apps = '/apis/apps/v1/namespaces/pixelpulse'

/** A cluster with the Deployment auth: four Pods of 1.0.0, of which a quarter may be missing, and 0.9.0 before. */
class Cluster {
  isPaused = false
  /** Status that a change is answered with instead of being made. */
  refusal: number | undefined
  /** How long ago the lease of another operator's deploy was renewed, seconds; undefined: there is none. */
  lease: number | undefined
  /** Tag of its image. */
  runs = '1.0.0'
  readonly changes: string[] = []
  readonly #template = (tag: string) => ({
    metadata: {labels: {app: 'auth'}},
    spec: {containers: [{name: 'service', image: `127.0.0.1:9/pixelpulse/auth:${tag}`}]},
  })

  readonly answer = ({pathname}: URL, {method = ''}: {readonly method?: string | undefined}) => {
    if (method !== 'GET') {
      this.changes.push(`${method} ${pathname}`)
      if (this.refusal !== undefined) return {status: this.refusal, body: {message: 'not so'}}
      // Each change that these tests make is the other of the two.
      this.isPaused = !this.isPaused
    }
    if (pathname === `${apps}/deployments/auth`) return {body: this.#deployment()}
    if (pathname === `${apps}/replicasets`) return {body: {metadata: {}, items: this.#sets()}}
    if (pathname.endsWith('/leases/pp-auth') && this.lease !== undefined)
      return {body: leaseOf(operation, this.lease)}
    if (pathname === '/api/v1/nodes') return {body: {metadata: {}, items: [{status: {images: []}}]}}
    return {status: 404, body: {message: 'not found'}}
  }

  #deployment() {
    return {
      metadata: {name: 'auth', uid: 'u1', generation: 1},
      spec: {
        replicas: 4,
        paused: this.isPaused,
        selector: {matchLabels: {app: 'auth'}},
        strategy: {type: 'RollingUpdate', rollingUpdate: {maxSurge: '25%', maxUnavailable: '25%'}},
        template: this.#template(this.runs),
      },
      status: {observedGeneration: 1, replicas: 4, updatedReplicas: 4, availableReplicas: 4},
    }
  }

  #sets() {
    return ['0.9.0', '1.0.0'].map((tag, index) => ({
      metadata: {
        name: `auth-${index}`,
        creationTimestamp: `2026-11-2${index}T08:00:00Z`,
        ownerReferences: [{uid: 'u1'}],
        annotations: {
          'deployment.kubernetes.io/revision': String(index + 1),
          'kubernetes.io/change-cause': `pp deploy ${tag} (OP)`,
        },
      },
      spec: {template: this.#template(tag)},
    }))
  }
}

const operation = '01KB4T0000000000000000000A'

function leaseOf(id: string, ageSeconds: number) {
  const owner = {owner: 'ann@far', operatorHost: 'far', operatorBootId: 'boot', pid: 1}
  const holder = JSON.stringify({operation: id, step: 'roll', ...owner})
  return {
    metadata: {resourceVersion: '7', annotations: {'pp.pixelpulse.io/holder': holder}},
    spec: {
      holderIdentity: 'ann@far',
      leaseDurationSeconds: 30,
      renewTime: new Date(Date.now() - ageSeconds * 1000).toISOString(),
    },
  }
}

const clusters = {rack: new Cluster(), aws: new Cluster()}
const servers: FakeApiServer[] = []
let fleet: TemporaryFleet

beforeAll(async () => {
  for (const {answer} of Object.values(clusters)) servers.push(await FakeApiServer.start(answer))
  const [rack, aws] = servers
  fleet = new TemporaryFleet()
  fleet.write('nowhere', kubeconfigFor(`http://127.0.0.1:${await freePort()}`))
  fleet.rewrite((text) =>
    text.replace(
      /^environments:/m,
      `clusters:
  rack: {site: rack, kubeconfig: ${rack?.kubeconfig}, namespace: pixelpulse}
  aws: {site: aws, kubeconfig: ${aws?.kubeconfig}, namespace: pixelpulse}
  gone: {site: moon, kubeconfig: nowhere, namespace: pixelpulse}
services:
  auth: {clusters: [rack, aws]}
  lost: {clusters: [rack, gone], deployment: auth}
environments:`,
    ),
  )
})
afterEach(() => {
  for (const one of Object.values(clusters)) {
    one.isPaused = false
    one.refusal = undefined
    one.lease = undefined
    one.runs = '1.0.0'
    one.changes.length = 0
  }
})
afterAll(async () => {
  fleet[Symbol.dispose]()
  await Promise.all(servers.map((one) => one.stop()))
})

const pp = (...argv: readonly string[]) => runPp([...argv, '--fleet', fleet.file])
const changed = () => [...clusters.rack.changes, ...clusters.aws.changes]

describe('pp rollout status', () => {
  test('has a line for each of two clusters', async () => {
    clusters.aws.isPaused = true
    expect(await pp('rollout', 'status', 'auth')).toMatchObject({
      exitCode: 0,
      stderr: '',
      stdout: `rack  1.0.0  4/4 ready  4 of this version  rolled out
aws   1.0.0  4/4 ready  4 of this version  paused`,
    })
  })

  test('of one site is that one alone', async () => {
    const {stdout} = await pp('rollout', 'status', 'auth', '--site', 'aws')
    expect(stdout).toBe('aws  1.0.0  4/4 ready  4 of this version  rolled out')
  })

  test('shows what answers, and names what does not', async () => {
    const {exitCode, stdout} = await pp('rollout', 'status', 'lost')
    expect(exitCode).toBe(0)
    expect(stdout).toContain('rack  1.0.0  4/4 ready')
    expect(stdout).toContain('gone  ? The API server of gone does not answer')
    expect((await pp('rollout', 'status', 'lost', '--json')).json()).toMatchObject({
      schemaVersion: 1,
      service: 'lost',
      clusters: [{cluster: 'rack'}],
      silent: [{cluster: 'gone', site: 'moon', message: expect.stringContaining('does not answer')}],
    })
  })

  test('exits 5 where none answers', async () => {
    const {exitCode, stdout, stderr} = await pp('rollout', 'status', 'lost', '--site', 'moon')
    expect({exitCode, stdout}).toEqual({exitCode: 5, stdout: ''})
    expect(stderr).toContain('CLUSTER_UNREACHABLE')
  })
})

test('pp rollout history lists the revisions of each cluster, newest first, and marks the one that runs', async () => {
  const {exitCode, stdout} = await pp('rollout', 'history', 'auth')
  expect(exitCode).toBe(0)
  expect(stdout).toBe(`rack  2 *  1.0.0  2026-11-21T08:00:00Z  pp deploy 1.0.0 (OP)
rack  1    0.9.0  2026-11-20T08:00:00Z  pp deploy 0.9.0 (OP)
aws   2 *  1.0.0  2026-11-21T08:00:00Z  pp deploy 1.0.0 (OP)
aws   1    0.9.0  2026-11-20T08:00:00Z  pp deploy 0.9.0 (OP)`)
})

describe('pp rollout pause and resume', () => {
  const both = [`PATCH ${apps}/deployments/auth`, `PATCH ${apps}/deployments/auth`]

  test('change both clusters and say so of each', async () => {
    const {exitCode, stdout, stderr} = await pp('rollout', 'pause', 'auth')
    expect({exitCode, stderr}).toEqual({exitCode: 0, stderr: ''})
    expect(stdout).toBe(`done  auth: rack is paused
      aws is paused
rack  1.0.0  4/4 ready  4 of this version  paused
aws   1.0.0  4/4 ready  4 of this version  paused
      pp rollout resume auth`)
    expect(changed()).toEqual(both)
    expect((await pp('rollout', 'pause', 'auth', '--json')).json()).toMatchObject({
      outcome: 'done',
      changes: [{result: 'already'}, {result: 'already'}],
    })
    expect(changed()).toEqual(both)
    expect((await pp('rollout', 'resume', 'auth', '--json')).json()).toMatchObject({
      schemaVersion: 1,
      outcome: 'done',
      exitCode: 0,
      service: 'auth',
      isPaused: false,
      changes: [
        {cluster: 'rack', site: 'rack', result: 'changed', error: null},
        {cluster: 'aws', site: 'aws', result: 'changed', error: null},
      ],
      next: [],
    })
  })

  test('with one cluster silent change nothing, and say which site may be changed alone', async () => {
    const {exitCode, stdout, stderr} = await pp('rollout', 'pause', 'lost')
    expect({exitCode, stdout}).toEqual({exitCode: 3, stdout: ''})
    expect(stderr).toContain('CLUSTERS_SILENT')
    expect(stderr.replaceAll(/\s+/g, ' ')).toContain('moon is silent')
    expect(stderr.replaceAll(/\s+/g, ' ')).toMatch(/pp rollout pause lost .*--site rack/)
    expect(changed()).toEqual([])
    expect((await pp('rollout', 'pause', 'lost', '--site', 'rack')).exitCode).toBe(0)
    expect(clusters.rack.isPaused).toBe(true)
  })

  test('with a conflict in one cluster exit 11 and tell what was done in the other', async () => {
    clusters.aws.refusal = 409
    const {exitCode, stdout} = await pp('rollout', 'pause', 'auth', '--json')
    expect(exitCode).toBe(11)
    expect(JSON.parse(stdout)).toMatchObject({
      outcome: 'degraded',
      exitCode: 11,
      changes: [
        {cluster: 'rack', result: 'changed', error: null},
        {cluster: 'aws', result: 'failed', error: {code: 'CHANGED_MEANWHILE'}},
      ],
      next: [expect.stringContaining('pp rollout pause auth'), 'pp rollout resume auth'],
    })
  })
})

describe('beside a pp deploy of another operator', () => {
  test('that runs, nothing is paused: the hint says how that one is stopped or held', async () => {
    clusters.rack.lease = 1
    expect((await pp('rollout', 'pause', 'auth', '--json')).json()).toMatchObject({
      exitCode: 6,
      error: {
        code: 'TARGET_LOCKED',
        hint: expect.stringMatching(/Ctrl-C puts everything back, and Ctrl-C twice .* pp op resume 01KB4T/),
      },
    })
    expect(changed()).toEqual([])
  })

  test('that was left, it is paused and goes on; resume of what is not paused names the operation', async () => {
    clusters.rack.lease = 60
    const hint = `pp op resume ${operation}, or pp op abort ${operation}`
    const refused = await pp('rollout', 'resume', 'auth', '--json')
    expect(refused.json()).toMatchObject({exitCode: 6, error: {code: 'OPERATION_UNFINISHED', hint}})
    expect(changed()).toEqual([])
    expect((await pp('rollout', 'pause', 'auth', '--json')).json()).toMatchObject({
      outcome: 'done',
      next: ['pp rollout resume auth', hint],
    })
    expect((await pp('rollout', 'resume', 'auth', '--json')).json()).toMatchObject({
      outcome: 'done',
      next: [hint],
    })
  })
})

describe('pp deploy', () => {
  test('says in its plan how many Pods the strategy takes away meanwhile', async () => {
    const {exitCode, stdout} = await pp('deploy', 'auth', '--image', '1.1.0', '--site', 'rack', '--plan')
    expect(exitCode).toBe(0)
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain('rack: at most 1 of 4 Pods is missing meanwhile')
    const plan = await pp('deploy', 'auth', '--image', '1.1.0', '--plan', '--json')
    expect(plan.json()).toMatchObject({
      warnings: expect.arrayContaining([
        'aws: at most 1 of 4 Pods is missing meanwhile, by its strategy (maxUnavailable 25%, maxSurge 25%); maxUnavailable: 0 keeps them',
      ]),
    })
  })

  test.each([
    ['deploy', 'lost', '--image', '1.1.0'],
    ['rollback', 'lost'],
  ])('pp %s with a site silent says which, and what may be done alone: exit 3', async (...argv) => {
    const {exitCode, stdout, stderr} = await pp(...argv, '--plan')
    expect({exitCode, stdout}).toEqual({exitCode: 3, stdout: ''})
    expect(stderr).toContain('CLUSTERS_SILENT')
    expect(stderr.replaceAll(/\s+/g, ' ')).toContain('moon is silent: The API server of gone does not answer')
    expect(stderr).toContain('--site rack')
    expect((await pp(...argv, '--site', 'rack', '--plan')).exitCode).toBe(0)
  })

  test('refuses while the rollout is paused', async () => {
    clusters.aws.isPaused = true
    const {exitCode, stderr} = await pp('deploy', 'auth', '--image', '1.1.0', '--yes')
    expect(exitCode).toBe(3)
    expect(stderr).toContain('ROLLOUT_PAUSED')
    expect(changed()).toEqual([])
  })
})

describe('a saved plan', () => {
  const saved = () => join(fleet.folder, 'auth.plan')

  test.each([
    ['deploy', ['--image', '1.1.0', '--canary', '10%', '--canary-for', '5s']],
    ['deploy', ['--image', '1.1.0', '--site', 'aws', '--wait-timeout', '2m']],
    ['rollback', []],
    ['rollback', ['--to', '1', '--site', 'rack']],
  ])('of pp %s %j is asked for again as it was, while nothing has changed', async (command, argv) => {
    const planned = await pp(command, 'auth', ...argv, '--plan', '--out', saved())
    expect(planned.exitCode).toBe(0)
    const {exitCode, stderr} = await pp(command, 'auth', '--apply', saved())
    expect(exitCode).toBe(2)
    expect(stderr).toContain('CONFIRMATION_NEEDED')
    expect(stderr).toContain(planned.stdout)
    expect(changed()).toEqual([])
  })

  test('is PLAN_STALE where a cluster runs something else by now, with what was typed to make it anew', async () => {
    await pp('deploy', 'auth', '--image', '1.1.0', '--plan', '--out', saved())
    clusters.aws.runs = '1.0.1'
    expect((await pp('deploy', 'auth', '--apply', saved(), '--yes', '--json')).json()).toMatchObject({
      exitCode: 3,
      error: {
        code: 'PLAN_STALE',
        hint: expect.stringMatching(/^pp deploy auth --image 1\.1\.0 --plan --out .*auth\.plan/),
      },
    })
    expect(changed()).toEqual([])
  })

  test('is PLAN_STALE where what it meant cannot be meant any more', async () => {
    clusters.aws.runs = '0.9.1'
    expect((await pp('deploy', 'auth', '--plan', '--out', saved())).exitCode).toBe(0)
    clusters.aws.runs = '1.0.0'
    const {exitCode, stderr} = await pp('deploy', 'auth', '--apply', saved(), '--yes')
    expect(exitCode).toBe(3)
    expect(stderr).toContain('PLAN_STALE')
  })

  test('of a deploy is none of a rollback', async () => {
    await pp('deploy', 'auth', '--image', '1.1.0', '--plan', '--out', saved())
    const {exitCode, stderr} = await pp('rollback', 'auth', '--apply', saved(), '--yes')
    expect(exitCode).toBe(2)
    expect(stderr).toContain('PLAN_UNREADABLE')
  })
})
