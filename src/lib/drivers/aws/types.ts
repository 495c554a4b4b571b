/** How the AWS of one cluster is reached. */
export interface AwsAccess {
  /** The cluster as the fleet file names it. */
  readonly name: string
  /** As EKS names it. */
  readonly cluster: string
  /** AWS_REGION, else that of the shared configuration, when undefined. */
  readonly region: string | undefined
  /** Where AWS answers; AWS_ENDPOINT_URL, else AWS itself, when undefined. */
  readonly endpoint: string | undefined
  /** Those of the environment, a profile or a role when undefined. */
  readonly credentials: {readonly accessKeyId: string; readonly secretAccessKey: string} | undefined
}

/** An EKS managed node group with its Auto Scaling group. */
export interface NodeGroup {
  readonly name: string
  /** As Auto Scaling names it, and with it whoever else scales it. */
  readonly scalingGroup: string
  readonly min: number
  readonly desired: number
  readonly max: number
  readonly instanceTypes: readonly string[]
  readonly isSpot: boolean
  readonly zones: readonly string[]
  readonly subnets: readonly string[]
  readonly instances: readonly GroupInstance[]
}

/** How many instances a group has at least, and how many it shall have. */
export interface GroupSizes {
  readonly min?: number
  readonly desired?: number
}

export interface ScheduledSizes extends Required<GroupSizes> {
  readonly name: string
  readonly at: Date
}

export interface GroupInstance {
  /** As in the providerID of its node, `aws:///ZONE/ID`. */
  readonly id: string
  readonly zone: string
  readonly type: string
  readonly state: 'coming' | 'serving' | 'going'
}

/** What Auto Scaling has done, or tried, for a group. */
export interface GroupActivity {
  readonly id: string
  readonly startedAt: Date
  readonly state: 'under way' | 'done' | 'failed'
  readonly description: string
  /** Why it failed, as AWS says it: `… InsufficientInstanceCapacity …`. */
  readonly message: string | undefined
}

export interface SubnetRoom {
  readonly subnet: string
  readonly zone: string
  readonly freeAddresses: number
}

/** The node groups of one cluster, and what they may still take of the account. */
export interface AwsDriver {
  /** @throws PpError AWS_…. */
  listNodeGroups(): Promise<readonly NodeGroup[]>
  /**
   * Raises the desired size of a group, and sees that it is raised; instances come later. One that is as large already stays.
   *
   * @throws PpError NODE_GROUP_UNKNOWN, NODE_GROUP_AT_MAX, AWS_….
   */
  grow(group: string, desired: number): Promise<void>
  /**
   * Lowers the desired size of a group, yet never so far that an instance would have to go for it: only what has not come is
   * given up. One that is as small already stays.
   *
   * @returns the size that it has then. @throws PpError NODE_GROUP_UNKNOWN, AWS_….
   */
  lower(group: string, desired: number): Promise<number>
  /**
   * Terminates exactly this instance and makes its group smaller by it; returns once it is going. One that is going or gone
   * already is as good.
   *
   * @throws PpError NODE_GROUP_AT_MIN, AWS_….
   */
  terminate(instance: string): Promise<void>
  /** Sets the sizes of a group that are given, and sees that they are set. @throws PpError NODE_GROUP_UNKNOWN, AWS_…. */
  resize(group: string, sizes: GroupSizes): Promise<void>
  /**
   * Lets AWS itself set these sizes at a time, once. Of the same name there is one; it is replaced.
   *
   * @throws PpError NODE_GROUP_UNKNOWN, AWS_….
   */
  schedule(group: string, scheduled: ScheduledSizes): Promise<void>
  /** Undefined: there is none of that name, or its time has come. @throws PpError NODE_GROUP_UNKNOWN, AWS_…. */
  scheduled(group: string, name: string): Promise<ScheduledSizes | undefined>
  /** One that is not there is as good. @throws PpError NODE_GROUP_UNKNOWN, AWS_…. */
  unschedule(group: string, name: string): Promise<void>
  /** The latest first. @throws PpError NODE_GROUP_UNKNOWN, AWS_…. */
  activities(group: string): Promise<readonly GroupActivity[]>
  /** How many vCPUs of standard on-demand instances may run in the region; undefined where AWS does not say. @throws PpError AWS_…. */
  vcpuQuota(): Promise<number | undefined>
  /** How many of them run, whoever started them. @throws PpError AWS_…. */
  vcpusUsed(): Promise<number>
  /** vCPUs of one instance, by its type. @throws PpError AWS_…. */
  vcpusOf(types: readonly string[]): Promise<ReadonlyMap<string, number>>
  /** @throws PpError AWS_…. */
  roomIn(subnets: readonly string[]): Promise<readonly SubnetRoom[]>
  close(): void
}
