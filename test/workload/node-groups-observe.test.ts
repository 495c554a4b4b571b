// What is asked of AWS before a plan, and what becomes of it where an answer does not come.
import {expect, test} from '@jest/globals'

import {unavailableError} from '../../src/lib/errors.ts'
import {observeAws} from '../../src/lib/workload/node-groups/observe.ts'
import {FakeAws} from '../fakes/aws.ts'
import {FakeCluster} from '../fakes/fake-cluster.ts'

const declared = [{name: 'render'}]
const groups = ['render', 'others'].map((name) => ({
  name,
  scalingGroup: `eks-${name}`,
  min: 1,
  desired: 1,
  max: 4,
  instanceTypes: ['c7i.xlarge'],
  isSpot: false,
  zones: ['a'],
  subnets: ['subnet-a'],
  instances: [],
}))
const silence = () => Promise.reject(unavailableError('AWS_FAILED', {message: 'no', hint: 'aws'}))

function statusOf(text: string, updated: Date): FakeCluster {
  const api = new FakeCluster()
  const at = updated.toISOString().replace('T', ' ').replace('Z', '000000 +0000 UTC')
  api.put('/api/v1/namespaces/kube-system/configmaps/cluster-autoscaler-status', {
    metadata: {
      name: 'cluster-autoscaler-status',
      annotations: {'cluster-autoscaler.kubernetes.io/last-updated': at},
    },
    data: {status: text},
  })
  return api
}

test('of the groups only those of the fleet file are looked at, with what the account may still take', async () => {
  expect(await observeAws(new FakeAws(groups), new FakeCluster(), declared)).toMatchObject({
    kind: 'seen',
    groups: [{name: 'render', isOfAutoscaler: false, vcpus: 4}],
    quota: {vcpus: 64, used: expect.any(Number)},
    addresses: {'subnet-a': 59},
    unknown: [],
  })
})

test('an AWS that gives no answer is told as such', async () => {
  const aws = new FakeAws(groups)
  aws.listNodeGroups = silence
  expect(await observeAws(aws, new FakeCluster(), declared)).toEqual({kind: 'silent', because: 'no'})
})

test('what may not be asked is not known, and the rest is', async () => {
  const aws = new FakeAws(groups)
  aws.vcpuQuota = silence
  expect(await observeAws(aws, new FakeCluster(), declared)).toMatchObject({
    kind: 'seen',
    quota: undefined,
    addresses: {'subnet-a': 59},
    unknown: ['the quota of vCPUs (no)'],
  })
})

test('spot instances are not of the quota that is asked for', async () => {
  const spot = groups.map((group) => ({...group, isSpot: true}))
  expect(await observeAws(new FakeAws(spot), new FakeCluster(), declared)).toMatchObject({
    groups: [{vcpus: undefined}],
  })
})

test.each([
  {name: 'names it and is alive', text: 'nodeGroups:\n- name: eks-render\n', ageMs: 5000, isIts: true},
  {name: 'names others', text: 'nodeGroups:\n- name: eks-others\n', ageMs: 5000, isIts: false},
  {
    name: 'has not been heard of for long',
    text: 'nodeGroups:\n- name: eks-render\n',
    ageMs: 3_600_000,
    isIts: false,
  },
])('a group is that of a cluster-autoscaler that $name: $isIts', async ({text, ageMs, isIts}) => {
  const api = statusOf(text, new Date(Date.now() - ageMs))
  expect(await observeAws(new FakeAws(groups), api, declared)).toMatchObject({
    groups: [{isOfAutoscaler: isIts}],
  })
})
