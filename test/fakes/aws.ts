import {atMax, atMin, groupUnknown} from '../../src/lib/drivers/aws/errors.ts'
import type {
  AwsAccess, AwsDriver, GroupActivity, GroupInstance, GroupSizes, NodeGroup, ScheduledSizes, SubnetRoom,
} from '../../src/lib/drivers/aws/types.ts' // prettier-ignore

const access: AwsAccess = {
  name: 'aws',
  cluster: 'fake',
  region: 'us-east-1',
  endpoint: undefined,
  credentials: undefined,
}

/** Node groups in memory; each look brings what is coming or going one stage further. */
export class FakeAws implements AwsDriver {
  quota: number | undefined = 64
  #groups: NodeGroup[]
  #activities: {readonly group: string; readonly activity: GroupActivity}[] = []
  #exhausted = new Map<string, readonly string[]>()
  #made = 0
  readonly #scheduled = new Map<string, ScheduledSizes>()

  constructor(groups: readonly NodeGroup[]) {
    this.#groups = [...groups]
  }

  /** From now on AWS has no instance for the group in these zones; none lifts it. */
  exhaust(group: string, zones: readonly string[]): void {
    this.#exhausted.set(group, zones)
  }

  /** An instance is gone, as a machine that has failed; another one comes in its place if there is one. */
  lose(id: string): void {
    this.#groups = this.#groups.map((group) => ({
      ...group,
      instances: group.instances.filter((one) => one.id !== id),
    }))
  }

  async listNodeGroups(): Promise<readonly NodeGroup[]> {
    this.#groups = this.#groups.map((group) => this.#later(group))
    return this.#groups
  }

  async grow(name: string, desired: number): Promise<void> {
    const group = this.#known(name)
    if (group.desired >= desired) return
    if (desired > group.max) throw atMax(access, name, desired, group.max)
    this.#put({...group, desired})
  }

  async terminate(id: string): Promise<void> {
    const group = this.#groups.find(({instances}) => instances.some((one) => one.id === id))
    const found = group?.instances.find((one) => one.id === id)
    if (group === undefined || found === undefined || found.state === 'going') return
    if (group.desired <= group.min) throw atMin(access, group.name, id, group.min)
    const instances = group.instances.map((one) => (one.id === id ? {...one, state: 'going' as const} : one))
    this.#put({...group, desired: group.desired - 1, instances})
    this.#note(group.name, 'under way', `Terminating EC2 instance: ${id}`)
  }

  async resize(name: string, sizes: GroupSizes): Promise<void> {
    const resized = {...this.#known(name), ...sizes}
    const instances = resized.instances.map((one, n) =>
      n < resized.desired ? one : {...one, state: 'going' as const},
    )
    this.#put({...resized, instances})
  }

  async schedule(_group: string, scheduled: ScheduledSizes): Promise<void> {
    this.#scheduled.set(scheduled.name, scheduled)
  }

  async scheduled(_group: string, name: string): Promise<ScheduledSizes | undefined> {
    return this.#scheduled.get(name)
  }

  async unschedule(_group: string, name: string): Promise<void> {
    this.#scheduled.delete(name)
  }

  /** The time of what is scheduled has come. */
  async expire(group: string, name: string): Promise<void> {
    const {min, desired} = this.#scheduled.get(name) ?? this.#known(group)
    await this.resize(group, {min, desired})
    this.#scheduled.delete(name)
  }

  async activities(name: string): Promise<readonly GroupActivity[]> {
    this.#known(name)
    return this.#activities.filter(({group}) => group === name).map(({activity}) => activity)
  }

  async lower(name: string, desired: number): Promise<number> {
    const group = this.#known(name)
    const there = group.instances.filter(({state}) => state !== 'going').length
    const size = Math.min(group.desired, Math.max(desired, group.min, there))
    this.#put({...group, desired: size})
    return size
  }

  async vcpusUsed(): Promise<number> {
    return 4 * this.#groups.flatMap(({instances}) => instances).length
  }

  async vcpusOf(types: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return new Map(types.map((type) => [type, 4]))
  }

  async vcpuQuota(): Promise<number | undefined> {
    return this.quota
  }

  async roomIn(subnets: readonly string[]): Promise<readonly SubnetRoom[]> {
    return subnets.map((subnet) => ({subnet, zone: subnet.replace('subnet-', ''), freeAddresses: 59}))
  }

  close(): void {
    // Holds nothing.
  }

  #later(group: NodeGroup): NodeGroup {
    const moved = group.instances
      .filter(({state}) => state !== 'going')
      .map((one): GroupInstance => ({...one, state: 'serving'}))
    const missing = group.desired - moved.length
    return {
      ...group,
      instances: [...moved, ...Array.from({length: missing}, () => this.#launch(group)).flat()],
    }
  }

  #launch(group: NodeGroup): GroupInstance[] {
    const zone = group.zones.find((one) => !(this.#exhausted.get(group.name) ?? []).includes(one))
    if (zone === undefined) {
      const message = `We currently do not have sufficient capacity (InsufficientInstanceCapacity) in ${group.zones.join(', ')}`
      this.#note(group.name, 'failed', 'Launching a new EC2 instance', message)
      return []
    }
    this.#made += 1
    const id = `i-${String(this.#made).padStart(17, '0')}`
    this.#note(group.name, 'under way', `Launching a new EC2 instance: ${id}`)
    return [{id, zone, type: group.instanceTypes[0] ?? '', state: 'coming'}]
  }

  #note(group: string, state: GroupActivity['state'], description: string, message?: string): void {
    const activity = {
      id: String(this.#activities.length),
      startedAt: new Date(),
      state,
      description,
      message,
    }
    this.#activities.unshift({group, activity})
  }

  #known(name: string): NodeGroup {
    const found = this.#groups.find((group) => group.name === name)
    if (found) return found
    throw groupUnknown(access, name, this.#groups.map((group) => group.name)) // prettier-ignore
  }

  #put(group: NodeGroup): void {
    this.#groups = this.#groups.map((one) => (one.name === group.name ? group : one))
  }
}
