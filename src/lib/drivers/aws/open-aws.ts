import {setTimeout as sleep} from 'node:timers/promises'

import {
  AutoScalingClient, DeleteScheduledActionCommand, DescribeAutoScalingInstancesCommand, DescribeScheduledActionsCommand,
  paginateDescribeAutoScalingGroups, paginateDescribeScalingActivities, PutScheduledUpdateGroupActionCommand,
  SetDesiredCapacityCommand, TerminateInstanceInAutoScalingGroupCommand,
  type Activity, type AutoScalingGroup, type Instance,
} from '@aws-sdk/client-auto-scaling' // prettier-ignore
import {
  EC2Client, paginateDescribeInstances, paginateDescribeInstanceTypes, paginateDescribeSubnets, type _InstanceType,
} from '@aws-sdk/client-ec2' // prettier-ignore
import {
  DescribeNodegroupCommand,
  EKSClient,
  paginateListNodegroups,
  UpdateNodegroupConfigCommand,
  type Nodegroup,
} from '@aws-sdk/client-eks'
import {GetServiceQuotaCommand, ServiceQuotasClient} from '@aws-sdk/client-service-quotas'

import {atMax, atMin, awsFailure, groupUnknown, resizeLate} from './errors.ts'
import type {
  AwsAccess, AwsDriver, GroupActivity, GroupInstance, GroupSizes, NodeGroup, ScheduledSizes, SubnetRoom,
} from './types.ts' // prettier-ignore

/** "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", vCPUs. */
const standardVcpus = {ServiceCode: 'ec2', QuotaCode: 'L-1216C47A'}
/** The families that this quota counts: m7i, c7i, r6g, im4gn; not g5, p5, inf2. */
const standardFamily = /^(?:[acdhimrtz]|im|is)\d/
/** Of one call with its repetitions by the SDK, which are for throttling and lost connections. */
const attempts = 3
const mostActivities = 100
/** From what EKS was asked for to the sizes of its Auto Scaling group. */
const resizeSeconds = 60
const resizePaceMs = 1000

/** The node groups of a cluster through the APIs of EKS and Auto Scaling. */
export function openAws(access: AwsAccess): AwsDriver {
  const {region, endpoint, credentials} = access
  const settings = {
    maxAttempts: attempts,
    ...(region !== undefined && {region}),
    ...(endpoint !== undefined && {endpoint}),
    ...(credentials && {credentials}),
  }
  return new OpenAws(access, {
    eks: new EKSClient(settings),
    scaling: new AutoScalingClient(settings),
    ec2: new EC2Client(settings),
    quotas: new ServiceQuotasClient(settings),
  })
}

interface Clients {
  readonly eks: EKSClient
  readonly scaling: AutoScalingClient
  readonly ec2: EC2Client
  readonly quotas: ServiceQuotasClient
}

class OpenAws implements AwsDriver {
  readonly #access: AwsAccess
  readonly #clients: Clients

  constructor(access: AwsAccess, clients: Clients) {
    this.#access = access
    this.#clients = clients
  }

  async listNodeGroups(): Promise<readonly NodeGroup[]> {
    const names = await this.#groupNames()
    const found = await Promise.all(names.map((name) => this.#nodegroup(name)))
    const scaling = await this.#scalingGroups(found.map(scalingGroupOf))
    return found.map((group) => nodeGroupOf(group, scaling.get(scalingGroupOf(group))))
  }

  async grow(group: string, desired: number): Promise<void> {
    const found = await this.#known(group)
    const now = nodeGroupOf(
      found,
      (await this.#scalingGroups([scalingGroupOf(found)])).get(scalingGroupOf(found)),
    )
    if (now.desired >= desired) return
    if (desired > now.max) throw atMax(this.#access, group, desired, now.max)
    await this.#setDesired(now, desired)
  }

  async lower(group: string, desired: number): Promise<number> {
    const found = await this.#known(group)
    const now = nodeGroupOf(
      found,
      (await this.#scalingGroups([scalingGroupOf(found)])).get(scalingGroupOf(found)),
    )
    const size = Math.max(desired, now.min, now.instances.filter(({state}) => state !== 'going').length)
    if (now.desired <= size) return now.desired
    await this.#setDesired(now, size)
    return size
  }

  async terminate(instance: string): Promise<void> {
    const described = await this.#calling('autoscaling:DescribeAutoScalingInstances', () =>
      this.#clients.scaling.send(new DescribeAutoScalingInstancesCommand({InstanceIds: [instance]})),
    )
    const found = described.AutoScalingInstances?.[0]
    if (found === undefined || stateOf(found.LifecycleState) === 'going') return
    const name = found.AutoScalingGroupName ?? ''
    const group = (await this.#scalingGroups([name])).get(name)
    const min = group?.MinSize ?? 0
    if ((group?.DesiredCapacity ?? 0) <= min) throw atMin(this.#access, tagOf(group) ?? name, instance, min)
    await this.#calling('autoscaling:TerminateInstanceInAutoScalingGroup', () =>
      this.#clients.scaling.send(
        new TerminateInstanceInAutoScalingGroupCommand({
          InstanceId: instance,
          ShouldDecrementDesiredCapacity: true,
        }),
      ),
    )
  }

  async resize(group: string, {min, desired}: GroupSizes): Promise<void> {
    await this.#known(group)
    const asked = {
      clusterName: this.#access.cluster,
      nodegroupName: group,
      scalingConfig: {
        ...(min !== undefined && {minSize: min}),
        ...(desired !== undefined && {desiredSize: desired}),
      },
    }
    await this.#calling('eks:UpdateNodegroupConfig', () =>
      this.#clients.eks.send(new UpdateNodegroupConfigCommand(asked)),
    )
    for (const deadline = performance.now() + resizeSeconds * 1000; performance.now() < deadline;) {
      const now = (await this.listNodeGroups()).find(({name}) => name === group)
      if ((min ?? now?.min) === now?.min && (desired ?? now?.desired) === now?.desired) return
      await sleep(resizePaceMs)
    }
    throw resizeLate(this.#access, group, resizeSeconds)
  }

  async schedule(group: string, {name, at, min, desired}: ScheduledSizes): Promise<void> {
    const asked = {
      AutoScalingGroupName: scalingGroupOf(await this.#known(group)),
      ScheduledActionName: name,
      StartTime: at,
      MinSize: min,
      DesiredCapacity: desired,
    }
    await this.#calling('autoscaling:PutScheduledUpdateGroupAction', () =>
      this.#clients.scaling.send(new PutScheduledUpdateGroupActionCommand(asked)),
    )
  }

  async scheduled(group: string, name: string): Promise<ScheduledSizes | undefined> {
    const asked = {
      AutoScalingGroupName: scalingGroupOf(await this.#known(group)),
      ScheduledActionNames: [name],
    }
    const answer = await this.#calling('autoscaling:DescribeScheduledActions', () =>
      this.#clients.scaling.send(new DescribeScheduledActionsCommand(asked)),
    )
    const found = answer.ScheduledUpdateGroupActions?.find(
      ({ScheduledActionName}) => ScheduledActionName === name,
    )
    return (
      found && {
        name,
        at: found.StartTime ?? new Date(0),
        min: found.MinSize ?? 0,
        desired: found.DesiredCapacity ?? 0,
      }
    )
  }

  async unschedule(group: string, name: string): Promise<void> {
    if (!(await this.scheduled(group, name))) return
    const asked = {AutoScalingGroupName: scalingGroupOf(await this.#known(group)), ScheduledActionName: name}
    await this.#calling('autoscaling:DeleteScheduledAction', () =>
      this.#clients.scaling.send(new DeleteScheduledActionCommand(asked)),
    )
  }

  async activities(group: string): Promise<readonly GroupActivity[]> {
    const asked = {AutoScalingGroupName: scalingGroupOf(await this.#known(group))}
    return this.#calling('autoscaling:DescribeScalingActivities', async () => {
      const activities: GroupActivity[] = []
      for await (const page of paginateDescribeScalingActivities({client: this.#clients.scaling}, asked)) {
        activities.push(...(page.Activities ?? []).map(activityOf))
        if (activities.length >= mostActivities) break
      }
      return activities
    })
  }

  async vcpuQuota(): Promise<number | undefined> {
    const {Quota} = await this.#calling('servicequotas:GetServiceQuota', () =>
      this.#clients.quotas.send(new GetServiceQuotaCommand(standardVcpus)),
    )
    return Quota?.Value
  }

  async vcpusUsed(): Promise<number> {
    const running = await this.#calling('ec2:DescribeInstances', async () => {
      const types: string[] = []
      const asked = {Filters: [{Name: 'instance-state-name', Values: ['pending', 'running']}]}
      for await (const page of paginateDescribeInstances({client: this.#clients.ec2}, asked))
        for (const {InstanceType, InstanceLifecycle} of page.Reservations?.flatMap(
          ({Instances = []}) => Instances,
        ) ?? [])
          if (InstanceLifecycle !== 'spot' && standardFamily.test(InstanceType ?? ''))
            types.push(InstanceType ?? '')
      return types
    })
    const vcpus = await this.vcpusOf([...new Set(running)])
    return running.reduce((total, type) => total + (vcpus.get(type) ?? 0), 0)
  }

  async vcpusOf(types: readonly string[]): Promise<ReadonlyMap<string, number>> {
    if (types.length === 0) return new Map()
    return this.#calling('ec2:DescribeInstanceTypes', async () => {
      const vcpus = new Map<string, number>()
      const asked = {InstanceTypes: types as _InstanceType[]}
      for await (const page of paginateDescribeInstanceTypes({client: this.#clients.ec2}, asked))
        for (const {InstanceType, VCpuInfo} of page.InstanceTypes ?? [])
          if (VCpuInfo?.DefaultVCpus !== undefined) vcpus.set(InstanceType ?? '', VCpuInfo.DefaultVCpus)
      return vcpus
    })
  }

  async roomIn(subnets: readonly string[]): Promise<readonly SubnetRoom[]> {
    return this.#calling('ec2:DescribeSubnets', async () => {
      const rooms: SubnetRoom[] = []
      for await (const page of paginateDescribeSubnets(
        {client: this.#clients.ec2},
        {SubnetIds: [...subnets]},
      ))
        for (const {SubnetId, AvailabilityZone, AvailableIpAddressCount} of page.Subnets ?? [])
          rooms.push({
            subnet: SubnetId ?? '',
            zone: AvailabilityZone ?? '',
            freeAddresses: AvailableIpAddressCount ?? 0,
          })
      return rooms
    })
  }

  close(): void {
    for (const client of Object.values(this.#clients)) (client as {destroy(): void}).destroy()
  }

  async #setDesired({scalingGroup}: NodeGroup, desired: number): Promise<void> {
    const asked = {AutoScalingGroupName: scalingGroup, DesiredCapacity: desired, HonorCooldown: false}
    await this.#calling('autoscaling:SetDesiredCapacity', () =>
      this.#clients.scaling.send(new SetDesiredCapacityCommand(asked)),
    )
  }

  async #groupNames(): Promise<readonly string[]> {
    return this.#calling('eks:ListNodegroups', async () => {
      const names: string[] = []
      const asked = {clusterName: this.#access.cluster}
      for await (const page of paginateListNodegroups({client: this.#clients.eks}, asked))
        names.push(...(page.nodegroups ?? []))
      return names
    })
  }

  async #known(group: string): Promise<Nodegroup> {
    const names = await this.#groupNames()
    if (!names.includes(group)) throw groupUnknown(this.#access, group, names)
    return this.#nodegroup(group)
  }

  async #nodegroup(group: string): Promise<Nodegroup> {
    const asked = {clusterName: this.#access.cluster, nodegroupName: group}
    const {nodegroup} = await this.#calling('eks:DescribeNodegroup', () =>
      this.#clients.eks.send(new DescribeNodegroupCommand(asked)),
    )
    return nodegroup ?? {}
  }

  async #scalingGroups(names: readonly string[]): Promise<ReadonlyMap<string, AutoScalingGroup>> {
    if (names.length === 0) return new Map()
    return this.#calling('autoscaling:DescribeAutoScalingGroups', async () => {
      const groups = new Map<string, AutoScalingGroup>()
      const asked = {AutoScalingGroupNames: [...names]}
      for await (const page of paginateDescribeAutoScalingGroups({client: this.#clients.scaling}, asked))
        for (const group of page.AutoScalingGroups ?? []) groups.set(group.AutoScalingGroupName ?? '', group)
      return groups
    })
  }

  async #calling<T>(action: string, call: () => Promise<T>): Promise<T> {
    try {
      return await call()
    } catch (error) {
      throw awsFailure(this.#access, action, error)
    }
  }
}

/** A managed node group has one. */
const scalingGroupOf = ({resources}: Nodegroup): string => resources?.autoScalingGroups?.[0]?.name ?? ''

const tagOf = (group: AutoScalingGroup | undefined): string | undefined =>
  group?.Tags?.find(({Key}) => Key === 'eks:nodegroup-name')?.Value

/** Sizes are those of Auto Scaling, which EKS follows a moment later. */
function nodeGroupOf(nodegroup: Nodegroup, scaling: AutoScalingGroup | undefined): NodeGroup {
  const {nodegroupName, scalingConfig, instanceTypes, subnets, capacityType} = nodegroup
  return {
    name: nodegroupName ?? '',
    scalingGroup: scalingGroupOf(nodegroup),
    min: scaling?.MinSize ?? scalingConfig?.minSize ?? 0,
    desired: scaling?.DesiredCapacity ?? scalingConfig?.desiredSize ?? 0,
    max: scaling?.MaxSize ?? scalingConfig?.maxSize ?? 0,
    instanceTypes: instanceTypes ?? [],
    isSpot: capacityType === 'SPOT',
    zones: [...(scaling?.AvailabilityZones ?? [])].sort(),
    subnets: subnets ?? [],
    instances: (scaling?.Instances ?? []).map(instanceOf),
  }
}

const instanceOf = ({
  InstanceId,
  AvailabilityZone,
  InstanceType,
  LifecycleState,
}: Instance): GroupInstance => ({
  id: InstanceId ?? '',
  zone: AvailabilityZone ?? '',
  type: InstanceType ?? '',
  state: stateOf(LifecycleState),
})

/** @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-lifecycle.html */
function stateOf(lifecycle: string | undefined): GroupInstance['state'] {
  if (lifecycle === 'InService') return 'serving'
  return /^(Pending|EnteringStandby|Standby|Warmed)/.test(lifecycle ?? '') ? 'coming' : 'going'
}

const activityOf = ({
  ActivityId,
  StartTime,
  StatusCode,
  StatusMessage,
  Description,
}: Activity): GroupActivity => ({
  id: ActivityId ?? '',
  startedAt: StartTime ?? new Date(0),
  state:
    StatusCode === 'Successful'
      ? 'done'
      : StatusCode === 'Failed' || StatusCode === 'Cancelled'
        ? 'failed'
        : 'under way',
  description: Description ?? '',
  message: StatusMessage,
})
