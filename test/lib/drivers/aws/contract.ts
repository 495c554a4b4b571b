import {beforeAll, describe, expect, test} from '@jest/globals'
import {setTimeout as sleep} from 'node:timers/promises'

import type {AwsDriver, NodeGroup} from '../../../../src/lib/drivers/aws/types.ts'

/** An AWS with a node group that serves one instance, may have more, and may not have less. */
export interface AwsWorld {
  readonly driver: AwsDriver
  readonly group: string
  /** AWS has no more instances for the group in these zones; none lifts it. */
  exhaust(zones: readonly string[]): Promise<void>
  /** How long an instance may take to come or to go. */
  readonly patienceSeconds: number
}

/** What pp relies on, of the fake as of the real driver. */
export function awsContract(open: () => Promise<AwsWorld>): void {
  let world: AwsWorld
  beforeAll(async () => {
    world = await open()
  })

  const groupNow = async (): Promise<NodeGroup> => {
    const found = (await world.driver.listNodeGroups()).find(({name}) => name === world.group)
    if (!found) throw new Error(`there is no ${world.group}`)
    return found
  }
  const until = async (isSo: (group: NodeGroup) => boolean): Promise<NodeGroup> => {
    for (const deadline = Date.now() + world.patienceSeconds * 1000; ;) {
      const group = await groupNow()
      if (isSo(group)) return group
      if (Date.now() > deadline) throw new Error(`it stays ${JSON.stringify(group)}`)
      await sleep(20)
    }
  }
  const serving = ({instances}: NodeGroup) =>
    instances.filter(({state}) => state === 'serving').map(({id}) => id)

  describe('node groups', () => {
    test('are listed with sizes, types, zones and what is in them', async () => {
      const {min, desired, max, instanceTypes, zones, subnets, instances} = await until(
        (group) => serving(group).length === 1,
      )
      expect([min, desired]).toEqual([1, 1])
      expect(max).toBeGreaterThan(2)
      expect(instanceTypes).toEqual(['c7i.xlarge'])
      expect(zones.length).toBeGreaterThan(0)
      expect(subnets).toHaveLength(zones.length)
      expect(instances[0]?.id).toMatch(/^i-[0-9a-f]{17}$/)
      expect(zones).toContain(instances[0]?.zone)
    })

    test('that are at their minimum keep what they have', async () => {
      const [id = ''] = serving(await groupNow())
      await expect(world.driver.terminate(id)).rejects.toMatchObject({code: 'NODE_GROUP_AT_MIN', exitCode: 3})
      expect(serving(await groupNow())).toEqual([id])
    })

    test('never get more than their maximum', async () => {
      const {max} = await groupNow()
      await expect(world.driver.grow(world.group, max + 1)).rejects.toMatchObject({
        code: 'NODE_GROUP_AT_MAX',
        exitCode: 3,
      })
      expect((await groupNow()).desired).toBe(1)
    })

    test('that are not there are named as such, with those that are', async () => {
      await expect(world.driver.grow('nope', 2)).rejects.toMatchObject({
        code: 'NODE_GROUP_UNKNOWN',
        message: expect.stringContaining(world.group),
      })
      await expect(world.driver.activities('nope')).rejects.toMatchObject({code: 'NODE_GROUP_UNKNOWN'})
    })

    test('grow by as many as are asked for, and no further when asked again', async () => {
      await world.driver.grow(world.group, 2)
      await world.driver.grow(world.group, 2)
      await world.driver.grow(world.group, 1)
      expect((await groupNow()).desired).toBe(2)
      await until((group) => serving(group).length === 2)
    })

    test('lose exactly the instance that is terminated, and do not replace it', async () => {
      const [stays, goes = ''] = serving(await groupNow())
      await world.driver.terminate(goes)
      await world.driver.terminate(goes)
      expect((await groupNow()).desired).toBe(1)
      const {instances} = await until((group) => group.instances.every(({id}) => id !== goes))
      expect(instances.map(({id}) => id)).toEqual([stays])
      await world.driver.terminate(goes)
      expect((await groupNow()).desired).toBe(1)
    })

    test('have other sizes when they are asked for, and what is scheduled for later is known until it is taken back', async () => {
      const {min, desired} = await groupNow()
      const scheduled = {name: 'pp-fault-x', at: new Date(Date.now() + 3_600_000), min, desired}
      await world.driver.schedule(world.group, scheduled)
      expect(await world.driver.scheduled(world.group, 'pp-fault-x')).toMatchObject({min, desired})
      await world.driver.resize(world.group, {min: 0, desired: 0})
      expect(await groupNow()).toMatchObject({min: 0, desired: 0})
      await until(({instances}) => instances.length === 0)
      await world.driver.resize(world.group, {min, desired})
      await world.driver.unschedule(world.group, 'pp-fault-x')
      await world.driver.unschedule(world.group, 'pp-fault-x')
      expect(await world.driver.scheduled(world.group, 'pp-fault-x')).toBeUndefined()
      expect(await groupNow()).toMatchObject({min, desired})
      await until((group) => serving(group).length === desired)
    })

    test('say why an instance does not come', async () => {
      const {zones} = await groupNow()
      await world.exhaust(zones)
      await world.driver.grow(world.group, 2)
      const failed = async () =>
        (await world.driver.activities(world.group)).find(({state}) => state === 'failed')
      for (let tries = 0; (await failed()) === undefined && tries < 100; tries += 1) {
        await groupNow()
        await sleep(100)
      }
      expect((await failed())?.message).toContain('InsufficientInstanceCapacity')
      expect(serving(await groupNow())).toHaveLength(1)
      expect(await world.driver.lower(world.group, 1)).toBe(1)
      expect((await groupNow()).desired).toBe(1)
      await world.exhaust([])
      await world.driver.grow(world.group, 2)
      const [, added = ''] = serving(await until((group) => serving(group).length === 2))
      // Lowered, it would take any of the two: it is left as it is.
      expect(await world.driver.lower(world.group, 1)).toBe(2)
      await world.driver.terminate(added)
      await until(({instances}) => instances.length === 1)
    })
  })

  test('the quota of vCPUs and the free addresses of subnets are known', async () => {
    expect(await world.driver.vcpuQuota()).toBeGreaterThan(0)
    expect(await world.driver.vcpusOf(['c7i.xlarge'])).toEqual(new Map([['c7i.xlarge', 4]]))
    expect(await world.driver.vcpusUsed()).toBeGreaterThanOrEqual(4)
    const {subnets, zones} = await groupNow()
    const rooms = await world.driver.roomIn(subnets)
    expect(rooms.map(({zone}) => zone).sort()).toEqual([...zones].sort())
    for (const {freeAddresses} of rooms) expect(freeAddresses).toBeGreaterThan(0)
  })
}
