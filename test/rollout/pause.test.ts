// A service in two clusters that are played here: pausing it, and letting it go on.
import {beforeEach, describe, expect, test} from '@jest/globals'

import {deniedError, lockedError, unavailableError} from '../../src/lib/errors.ts'
import {observeAll} from '../../src/lib/rollout/observe-all.ts'
import {pauseIn} from '../../src/lib/rollout/pause.ts'
import {showPause} from '../../src/lib/rollout/show.ts'
import {FakeCluster} from '../fakes/fake-cluster.ts'
import {template} from './facts.ts'

const path = '/apis/apps/v1/namespaces/pixelpulse/deployments/auth'
const service = {
  name: 'auth', instances: [], urls: {}, clusters: ['rack', 'aws'], deployment: 'auth', migrate: undefined,
} // prettier-ignore
const declared = (name: string) => ({
  name, site: name, namespace: 'pixelpulse', aws: undefined,
  kubeconfig: undefined, context: undefined, nodeGroups: [],
}) // prettier-ignore

let rack: FakeCluster
let aws: FakeCluster
beforeEach(() => {
  rack = new FakeCluster()
  aws = new FakeCluster()
  for (const api of [rack, aws])
    api.put(path, {
      metadata: {name: 'auth', generation: 1},
      spec: {replicas: 2, selector: {matchLabels: {}}, template: template('1.0.0')},
      status: {observedGeneration: 1, replicas: 2, updatedReplicas: 2, availableReplicas: 2},
    })
})

const open = () => ({
  service,
  clusters: [
    {declared: declared('rack'), api: rack},
    {declared: declared('aws'), api: aws},
  ],
})
const set = async (isPaused: boolean, unfinished?: ReturnType<typeof lockedError>) =>
  pauseIn(open(), await observeAll(open()), {isPaused, unfinished})
const arePaused = () => [rack, aws].map((api) => api.object(path).spec.paused as unknown)
const left = lockedError('OPERATION_UNFINISHED', {message: 'left', hint: 'pp op resume X, or pp op abort X'})

test('both clusters are paused and go on again, and each says so', async () => {
  const report = await set(true)
  expect(report).toMatchObject({
    outcome: 'done',
    exitCode: 0,
    changes: [
      {cluster: 'rack', result: 'changed', error: null},
      {cluster: 'aws', result: 'changed', error: null},
    ],
    clusters: [{progress: {isPaused: true}}, {progress: {isPaused: true}}],
    next: ['pp rollout resume auth'],
  })
  expect(arePaused()).toEqual([true, true])
  expect(showPause(report)).toBe(`done  auth: rack is paused
      aws is paused
rack  1.0.0  2/2 ready  2 of this version  paused
aws   1.0.0  2/2 ready  2 of this version  paused
      pp rollout resume auth`)
  expect(await set(false)).toMatchObject({outcome: 'done', next: []})
  expect(arePaused()).toEqual([false, false])
})

test('what is so already is not written', async () => {
  await set(true)
  for (const api of [rack, aws])
    api.beforeWrite = () => {
      throw new Error('written')
    }
  expect((await set(true)).changes.map(({result}) => result)).toEqual(['already', 'already'])
})

describe('a cluster that is silent from the beginning', () => {
  test('keeps the other one from being changed; the way out is the other site alone', async () => {
    aws.isSilent = true
    await expect(set(true)).rejects.toMatchObject({
      code: 'CLUSTERS_SILENT',
      exitCode: 3,
      message: 'auth cannot be changed on all its sites, aws is silent: no answer',
      hint: expect.stringContaining('--site rack'),
    })
    aws.isSilent = false
    expect(arePaused()).toEqual([undefined, undefined])
  })

  test('is told by its own error where none answers', async () => {
    rack.isSilent = true
    aws.isSilent = true
    await expect(set(true)).rejects.toMatchObject({code: 'CLUSTER_UNREACHABLE', exitCode: 5})
  })

  test('is not taken for one that has no such Deployment', async () => {
    aws.remove(path)
    await expect(set(true)).rejects.toMatchObject({code: 'DEPLOYMENT_UNKNOWN', exitCode: 3})
    expect(rack.object(path).spec.paused).toBeUndefined()
  })
})

describe('when one cluster cannot be changed', () => {
  test('a conflict there is told beside what was done in the other: exit 11', async () => {
    aws.write = () => Promise.resolve({kind: 'conflict', said: 'another one'})
    const report = await set(true)
    expect(report).toMatchObject({
      outcome: 'degraded',
      exitCode: 11,
      changes: [
        {cluster: 'rack', result: 'changed', error: null},
        {
          cluster: 'aws',
          result: 'failed',
          error: {code: 'CHANGED_MEANWHILE', hint: 'pp rollout status auth'},
        },
      ],
      next: [expect.stringMatching(/^pp /), 'pp rollout resume auth'],
    })
    expect(showPause(report)).toContain(
      'degraded  auth: rack is paused\n      aws is not paused: deployment/auth in aws is changed by somebody else',
    )
    expect(arePaused()).toEqual([true, undefined])
  })

  test('silence there leaves open whether it was done: exit 13', async () => {
    aws.beforeWrite = () => {
      aws.isSilent = true
      throw unavailableError('CLUSTER_UNREACHABLE', {message: 'cut', hint: 'kubectl get --raw /readyz'})
    }
    const report = await set(true)
    expect(report).toMatchObject({
      outcome: 'human',
      exitCode: 13,
      changes: [{result: 'changed'}, {cluster: 'aws', result: 'unknown', error: {message: 'cut'}}],
      clusters: [{cluster: 'rack'}],
    })
    expect(showPause(report)).toContain('aws may be paused or not: cut')
  })

  test('an answer that was lost counts as done where the cluster says so afterwards', async () => {
    aws.afterChange = () => {
      aws.afterChange = () => undefined
      throw unavailableError('CLUSTER_UNREACHABLE', {message: 'cut', hint: 'kubectl get --raw /readyz'})
    }
    expect(await set(true)).toMatchObject({outcome: 'done', changes: [{}, {result: 'changed', error: null}]})
  })

  test('nothing was done where none could be: that is an error, not half a success', async () => {
    for (const api of [rack, aws])
      api.beforeWrite = () => {
        throw deniedError('CLUSTER_FORBIDDEN', {message: 'no', hint: 'kubectl auth can-i --list'})
      }
    await expect(set(true)).rejects.toMatchObject({code: 'CLUSTER_FORBIDDEN', exitCode: 4})
  })
})

describe('an operation that was left unfinished', () => {
  test('may be paused, and let go on; both name the way to end it', async () => {
    expect((await set(true, left)).next).toEqual(['pp rollout resume auth', left.hint])
    expect((await set(false, left)).next).toEqual([left.hint])
    expect(arePaused()).toEqual([false, false])
  })

  test('is what has to go on where nothing is paused', async () => {
    await expect(set(false, left)).rejects.toBe(left)
  })
})
