import type {Kept} from './until.ts'

/** Amounts by resource: `cpu` in thousandths of a processor, `memory` and storage in bytes, all others as numbers. */
export type Resources = Readonly<Record<string, number>>

export type Labels = Readonly<Record<string, string>>

export interface Requirement {
  readonly key: string
  readonly operator: string
  readonly values: readonly string[]
}

/** Empty requirements match everything. */
export type Selector = readonly Requirement[]

/** One of a node affinity's alternatives; without any requirement it matches no node. */
export interface NodeTerm {
  readonly expressions: readonly Requirement[]
  /** On the node's name. */
  readonly fields: readonly Requirement[]
}

/** A required term of Pod affinity or anti-affinity. */
export interface PodTerm {
  readonly topologyKey: string
  /** Undefined matches no Pod. */
  readonly selector: Selector | undefined
  readonly namespaces: readonly string[]
  /** By labels of namespaces; undefined: by name only. */
  readonly namespaceSelector: Selector | undefined
}

/** A topology spread constraint with `whenUnsatisfiable: DoNotSchedule`. */
export interface Spread {
  readonly topologyKey: string
  readonly maxSkew: number
  readonly minDomains: number
  /** Undefined matches no Pod. */
  readonly selector: Selector | undefined
  readonly honorsNodeAffinity: boolean
  readonly honorsTaints: boolean
}

export interface Taint {
  readonly key: string
  readonly value: string
  readonly effect: string
}

export interface Toleration {
  /** Empty with operator Exists: every taint. */
  readonly key: string
  readonly operator: string
  readonly value: string
  /** Empty: every effect. */
  readonly effect: string
}

export interface HostPort {
  readonly protocol: string
  readonly address: string
  readonly port: number
}

/** What the scheduler reads of a Pod. */
export interface PodShape {
  readonly namespace: string
  readonly labels: Labels
  /** What it takes of a node, with init containers and overhead. */
  readonly requests: Resources
  readonly hostPorts: readonly HostPort[]
  readonly nodeSelector: Labels
  /** Alternatives; undefined: any node. */
  readonly nodeTerms: readonly NodeTerm[] | undefined
  readonly tolerations: readonly Toleration[]
  readonly affinity: readonly PodTerm[]
  readonly antiAffinity: readonly PodTerm[]
  readonly spread: readonly Spread[]
  readonly priority: number
  readonly priorityClass: string | undefined
}

/** One that has not ended. */
export interface Pod extends PodShape {
  readonly name: string
  /** Undefined while it waits for one. */
  readonly node: string | undefined
  readonly isTerminating: boolean
  readonly isReady: boolean
  /** Held back by a gate, or another scheduler's. */
  readonly isHeld: boolean
  /** Kind of what makes it anew when it is gone; undefined: nothing does. */
  readonly controller: string | undefined
}

export interface Container {
  readonly requests: Resources
  readonly limits: Resources
  /** An init container that goes on beside the others. */
  readonly isSidecar: boolean
}

/** What a Deployment makes its Pods from, before LimitRanges have filled in what it leaves out. */
export interface Template {
  readonly shape: Omit<PodShape, 'requests'>
  readonly containers: readonly Container[]
  readonly initContainers: readonly Container[]
  /** Requests of the Pod as a whole, which stand for those of its containers. */
  readonly podRequests: Resources
  readonly overhead: Resources
  /** What the scheduler also looks at and this planner does not, in words. */
  readonly unseen: readonly string[]
}

export interface Deployment {
  readonly name: string
  readonly replicas: number
  readonly ready: number
  readonly selector: Selector
  readonly isPaused: boolean
  readonly isRollingOut: boolean
  readonly template: Template
}

/** Who decides how many replicas there are. */
export type Owner =
  | {readonly kind: 'deployment'}
  | {readonly kind: 'hpa'; readonly name: string; readonly min: number; readonly max: number}
  | {
      readonly kind: 'keda'
      readonly name: string
      readonly min: number
      readonly max: number
      readonly isPaused: boolean
      /** The trigger with which pp keeps a number until a time. */
      readonly kept?: Kept | undefined
    }
  /** Several that fight each other. */
  | {readonly kind: 'several'; readonly names: readonly string[]}

export interface Node {
  readonly name: string
  readonly labels: Labels
  readonly taints: readonly Taint[]
  readonly isUnschedulable: boolean
  readonly isReady: boolean
  /** With `pods`, the number it may run. */
  readonly allocatable: Resources
  /** The instance that it is, from its providerID `aws:///ZONE/INSTANCE`; undefined: none of AWS. */
  readonly instance: string | undefined
}

export interface DisruptionBudget {
  readonly name: string
  readonly selector: Selector
  /** Undefined when it asks for something else. */
  readonly minAvailable: number | undefined
  /** What it asks for of the number that is wanted, and that goes down with it: `maxUnavailable 1`, `minAvailable 50%`. */
  readonly share?: string | undefined
}

export interface Quota {
  readonly name: string
  readonly hard: Resources
  readonly used: Resources
  /** Which Pods it counts; empty: all. */
  readonly scopes: readonly Requirement[]
}

export interface LimitRange {
  readonly name: string
  readonly type: string
  readonly defaultLimits: Resources
  readonly defaultRequests: Resources
  readonly min: Resources
  readonly max: Resources
  /** How many times its request a limit may be. */
  readonly ratio: Resources
}

/** Nodes that come and go together. */
export interface NodeGroup {
  readonly name: string
  readonly max: number
  /** Names of its nodes that are there. */
  readonly nodes: readonly string[]
  /** What a new one will be; undefined when nothing says so. */
  readonly model:
    | {
        readonly labels: Labels
        readonly taints: readonly Taint[]
        readonly allocatable: Resources
        /** What DaemonSets run on it from the start. */
        readonly daemons: readonly Pod[]
      }
    | undefined
  /** Zones that it makes nodes in, in turn. */
  readonly zones: readonly string[]
  readonly instanceType: string | undefined
  /** Who makes its nodes and takes them away; undefined: nobody that pp could ask. */
  readonly maker: 'pp' | 'cluster-autoscaler' | 'Karpenter' | undefined
  /** As EKS has it; undefined: it has none of that name, or was not asked, or gave no answer. */
  readonly aws: GroupOfAws | undefined
}

export interface GroupOfAws {
  readonly min: number
  readonly desired: number
  readonly max: number
  /** Of one instance, as the account's quota counts them; undefined: that quota does not count it, or it is not known. */
  readonly vcpus: number | undefined
  readonly isSpot: boolean
  readonly subnets: readonly string[]
  /** Those that are not going, with the node that each is; undefined: it has not joined. */
  readonly instances: readonly {readonly id: string; readonly node: string | undefined}[]
}

/** What the account may still take, as AWS says it. */
export type AwsRoom =
  | {
      readonly kind: 'seen'
      /** vCPUs; undefined: not known. */
      readonly quota: {readonly vcpus: number; readonly used: number} | undefined
      /** Free addresses of each subnet; of one that is not there they are not known. */
      readonly addresses: Readonly<Record<string, number>>
      /** What AWS did not say, and why. */
      readonly unknown: readonly string[]
    }
  | {readonly kind: 'silent'; readonly because: string}

/** Everything about one cluster that a plan to scale one service is made from. */
export interface ClusterFacts {
  readonly cluster: string
  readonly site: string
  readonly namespace: string
  readonly deployment: Deployment
  readonly owner: Owner
  /** What it could not give back when the time of an earlier scale was over, in words. */
  readonly left?: readonly string[] | undefined
  readonly pods: readonly Pod[]
  readonly nodes: readonly Node[]
  /** Labels of each namespace. */
  readonly namespaces: Readonly<Record<string, Labels>>
  readonly budgets: readonly DisruptionBudget[]
  readonly quotas: readonly Quota[]
  readonly limitRanges: readonly LimitRange[]
  readonly groups: readonly NodeGroup[]
  /** Undefined: nothing in it is of AWS, as far as the fleet file says. */
  readonly aws: AwsRoom | undefined
}
