import {beforeEach, describe, expect, test} from '@jest/globals'

import {givenBack, nodeGroupToZeroFault} from '../../src/lib/fault/node-group-to-zero.ts'
import {FakeAws} from '../fakes/aws.ts'

let aws: FakeAws

beforeEach(async () => {
  aws = new FakeAws([
    {
      name: 'render',
      scalingGroup: 'eks-render',
      isSpot: false,
      min: 1,
      desired: 2,
      max: 6,
      instanceTypes: ['c7i.xlarge'],
      zones: ['us-east-1a'],
      subnets: ['subnet-us-east-1a'],
      instances: [],
    },
  ])
  await aws.listNodeGroups()
  await aws.listNodeGroups()
})

/** As another pp takes it up. */
const fault = (group = 'render') => nodeGroupToZeroFault(aws, {group, id: 'OP1-x', expiresSeconds: 600})
const sizes = async () => {
  const [group] = await aws.listNodeGroups()
  return {min: group?.min, desired: group?.desired}
}

test('has its sizes in AWS before they are zero, and gives them back', async () => {
  await fault().apply()
  expect(await sizes()).toEqual({min: 0, desired: 0})
  const {holds, measured} = await fault().proveInForce()
  expect({holds, measured}).toEqual({
    holds: true,
    measured: expect.stringMatching(
      /^render: min 0, desired 0, 0 instances that stay, AWS sets 1 and 2 at /,
    ) as unknown,
  })
  expect((await fault().proveGone()).holds).toBe(false)
  await fault().undo()
  expect(await sizes()).toEqual({min: 1, desired: 2})
  expect(await fault().proveGone()).toMatchObject({holds: true})
})

test('applied once more, by another pp, it keeps what the sizes were at first', async () => {
  await fault().apply()
  await fault().apply()
  await fault().undo()
  expect(await sizes()).toEqual({min: 1, desired: 2})
})

test('is over when AWS has given the sizes back by itself; undoing it then changes nothing', async () => {
  await fault().apply()
  await aws.expire('render', 'pp-fault-op1-x')
  await aws.resize('render', {desired: 3})
  await fault().undo()
  expect(await fault().proveGone()).toMatchObject({holds: true})
  expect(await sizes()).toEqual({min: 1, desired: 3})
})

test('refuses a group that is not there, or is empty already, and writes nothing', async () => {
  await expect(fault('nope').apply()).rejects.toMatchObject({code: 'NODE_GROUP_UNKNOWN'})
  await aws.resize('render', {min: 0, desired: 0})
  await expect(fault().apply()).rejects.toMatchObject({code: 'FAULT_GROUP_EMPTY'})
  expect(await aws.scheduled('render', 'pp-fault-op1-x')).toBeUndefined()
})

describe('what is given back', () => {
  const before = {min: 2, desired: 4}
  test.each([
    {name: 'all of it', now: {min: 0, desired: 0, max: 6}, back: {min: 2, desired: 4}},
    {
      name: 'the least alone, where somebody has raised the other',
      now: {min: 0, desired: 3, max: 6},
      back: {min: 2},
    },
    {name: 'no least above a size that somebody has set', now: {min: 0, desired: 1, max: 6}, back: {}},
    {name: 'nothing, where nothing is zero', now: {min: 1, desired: 1, max: 6}, back: {}},
    {name: 'no more than the maximum of now', now: {min: 0, desired: 0, max: 3}, back: {min: 2, desired: 3}},
  ])('is $name', ({now, back}) => {
    expect(givenBack(now, before)).toEqual(back)
  })
})
