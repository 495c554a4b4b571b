/** What is declared: the fleet file, the Ansible inventory and the chosen environment, resolved and validated. */
export interface Fleet {
  readonly name: string
  readonly environment: string
  /** Severe acts ask for the target's name. */
  readonly isProtected: boolean
  /** Absolute path of the fleet file. */
  readonly file: string
  /** Folder of journals and caches: `$XDG_STATE_HOME/pp/<fleet>/<environment>`. */
  readonly stateFolder: string
  readonly hosts: readonly Host[]
  readonly ssh: SshSettings
  readonly databases: readonly Database[]
  readonly services: readonly Service[]
  readonly clusters: readonly KubernetesCluster[]
  /** Address of the Prometheus that knows the services' alerts; undefined: nobody could be asked. */
  readonly prometheus: string | undefined
  readonly power: PowerSwitch | undefined
  /** Who is told of operations. */
  readonly notify: readonly NotifyHook[]
  readonly timings: Timings
  /** Name of the lab that plays this environment; undefined for a real site. */
  readonly lab: string | undefined
}

/** A part of the platform: where its instances answer, and where it runs. */
export interface Service {
  readonly name: string
  readonly instances: readonly string[]
  /** Where clients reach it, by site. */
  readonly urls: Readonly<Record<string, string>>
  /** Names of the clusters that it runs in, in the order in which they are filled; empty: in none. */
  readonly clusters: readonly string[]
  /** Name of its Deployment in each of them. */
  readonly deployment: string
  /** Arguments with which its image plays its migrations; undefined: it has none. */
  readonly migrate: readonly string[] | undefined
}

/** What a cluster is to AWS, and how that is reached. */
export interface AwsCluster {
  /** The cluster as the fleet file names it. */
  readonly name: string
  /** As EKS names it. */
  readonly cluster: string
  /** AWS_REGION, else that of the shared configuration, when undefined. */
  readonly region: string | undefined
  /** AWS_ENDPOINT_URL, else AWS itself, when undefined. */
  readonly endpoint: string | undefined
  /** Those of the environment, a profile or a role when undefined. */
  readonly credentials: {readonly accessKeyId: string; readonly secretAccessKey: string} | undefined
}

/** A Kubernetes cluster, and how it is reached. */
export interface KubernetesCluster {
  readonly name: string
  readonly site: string
  /** Absolute path; undefined: KUBECONFIG, else ~/.kube/config. */
  readonly kubeconfig: string | undefined
  /** The current one of the kubeconfig when undefined. */
  readonly context: string | undefined
  readonly namespace: string
  /** Absolute path of the Ansible inventory of its hosts; undefined: nobody but its provider can reach them. */
  readonly inventory?: string | undefined
  /** Of pp itself, for what goes on in the cluster when pp is gone; undefined: it has none. */
  readonly image?: string | undefined
  /** Who makes its node groups; undefined: nobody that pp could ask. */
  readonly aws: AwsCluster | undefined
  /** In the order in which they grow. */
  readonly nodeGroups: readonly DeclaredNodeGroup[]
}

export interface DeclaredNodeGroup {
  readonly name: string
  readonly max: number
  /** What only its nodes have. */
  readonly labels: Readonly<Record<string, string>>
  readonly zones: readonly string[]
  readonly instanceType: string | undefined
  /** As Kubernetes writes quantities. */
  readonly node:
    | {
        readonly cpu: string
        readonly memory: string
        readonly pods: number
        readonly taints: readonly {readonly key: string; readonly value: string; readonly effect: string}[]
      }
    | undefined
}

/** A server, as the inventory names it. */
export interface Host {
  readonly name: string
  /** Name or address given to SSH; aliases are resolved by `ssh -G`. */
  readonly address: string
  readonly port: number | undefined
  readonly site: string
  readonly groups: readonly string[]
}

export interface SshSettings {
  /** Account of the driver; it may only run the host helper through sudo. */
  readonly user: string
  /** OpenSSH client configuration passed to `ssh -F`; the user's own when undefined. */
  readonly configFile: string | undefined
}

/** Commands that work the power switches of hosts, as argument arrays with {host}, {address} and {lab} to fill in. */
export interface PowerSwitch {
  readonly off: readonly string[]
  readonly on: readonly string[]
  readonly status: readonly string[]
}

/** In the order in which an operation comes to them; `abort` is the turn back, `left` that pp is gone in the middle. */
export const notifyEvents = ['start', 'point-of-no-return', 'abort', 'end', 'left'] as const

/** Somebody who is told of operations: a program, or a webhook. */
export interface NotifyHook {
  readonly name: string
  readonly command: readonly string[] | undefined
  /** Its address; a secret, since whoever knows that of a chat's webhook may write there. */
  readonly webhook: SecretReference | undefined
  /** Sent as `Authorization: Bearer`. */
  readonly token: SecretReference | undefined
  readonly events: readonly string[]
  /** How long one delivery may take, from when it happened. */
  readonly timeoutSeconds: number
}

/** A PostgreSQL cluster. Who is primary is run-time state and is never declared. */
export interface Database {
  readonly name: string
  readonly engine: 'streaming'
  readonly members: readonly string[]
  readonly poolers: readonly string[]
  /** Hosts that hold the lock: an odd number, three or more. */
  readonly voters: readonly string[]
  /** Database that `pp` itself connects to, with the schema `pp` in it. */
  readonly maintenanceDatabase: string
  /** Service databases; each has an entry of the same name in the poolers. */
  readonly applicationDatabases: readonly string[]
  readonly connect: 'ssh' | 'direct'
  readonly tls: {
    readonly mode: 'disable' | 'require' | 'verify-ca' | 'verify-full'
    readonly caFile: string | undefined
  }
  readonly users: {
    readonly admin: Credential
    readonly probe: Credential
  }
  /** Lowest statement or socket timeout of the applications, seconds; bounds the pause. */
  readonly clientTimeoutSeconds: number
  /** What an unplanned change may lose of an asynchronous primary's last writes. */
  readonly maxLoss: {readonly bytes: number | undefined; readonly seconds: number | undefined}
  /** Whether clients may connect to the members past the poolers. */
  readonly directClients: boolean
  /** The host that keeps its backups, and how old the newest may be; undefined where none are made. */
  readonly backup: {readonly host: string; readonly maxAgeHours: number | undefined} | undefined
  /** Whether writes wait when no standby can acknowledge them; else `pp` lowers `synchronous_standby_names`. */
  readonly synchronousModeStrict: boolean
}

export interface Credential {
  readonly user: string
  readonly password: SecretReference
}

/** A place a secret is read from, never its value: `env:NAME` or `file:PATH`. */
export interface SecretReference {
  readonly reference: string
  /** Reads the secret now. @throws PpError SECRET_UNREADABLE. */
  readonly read: () => Promise<string>
}

/** Seconds; each has a floor in the schema. */
export interface Timings {
  readonly leaseSeconds: number
  readonly guardSeconds: number
  readonly verifySeconds: number
  readonly pauseSeconds: number
  readonly windowSeconds: number
}
