import * as z from 'zod'

import {formatDuration, parseDuration} from '../duration.ts'
import {parseLossLimit} from '../loss-limit.ts'
import {notifyEvents} from './types.ts'

const lossMessage = 'a size such as 2MB, a duration such as 5s, 0, or any'
const groupName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'a group of the inventory: letters, digits and _')
const hostName = z.string().min(1)
// Fleet, environment and database names become names of folders and files on this machine and on the voters.
export const safeName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'lower-case letters, digits, - and _ (63 at most)')
const roleName = z
  .string()
  .min(1)
  .max(63)
  // eslint-disable-next-line no-control-regex -- what must not reach a connection string or a pooler's file
  .regex(/^[^\u0000-\u001f\u007f]*$/, 'a name without control characters')

const secret = z
  .string()
  .regex(/^(env|file):./, 'a reference, env:NAME or file:PATH, never the secret itself')
  .describe(
    'Where the secret is read from: env:NAME, or file:PATH relative to the fleet file (in a lab: to its secrets).',
  )

const credential = z.strictObject({user: roleName, password: secret})

/** Seconds, written as a number or as a duration such as 5s or 2m. */
export function duration(floorSeconds: number, description: string, capSeconds = Infinity) {
  const cap = capSeconds === Infinity ? '' : `, at most ${formatDuration(capSeconds)}`
  const message = `at least ${floorSeconds} seconds${cap}, written 5, 5s or 2m`
  return z
    .union([z.number(), z.string()], message)
    .transform((value) => (typeof value === 'number' ? value : (parseDuration(value) ?? Number.NaN)))
    .pipe(z.number(message).min(floorSeconds, message).max(capSeconds, message))
    .describe(`${description} Floor ${floorSeconds} s${cap}.`)
}

const timings = z.strictObject({
  leaseSeconds: duration(4, 'How long a voter keeps the lock of an operation that does not renew it.'),
  guardSeconds: duration(3, "When a pooler's dead-man guard looks for the first time."),
  verifySeconds: duration(1, 'How long after the end the verdict is checked again.'),
  pauseSeconds: duration(0.5, 'How long one try to pause the poolers may take.'),
  windowSeconds: duration(2, 'How long writes may be stopped in all.'),
})

const ssh = z.strictObject({
  user: roleName.describe('Account that pp logs in as; it may only run the host helper.'),
  configFile: z.string().min(1).describe('OpenSSH client configuration; your own when left out.').optional(),
})

const backup = z.strictObject({
  repository: groupName.describe('Group of the inventory whose one host keeps the backups.'),
  maxAgeHours: z
    .number()
    .positive('more than 0')
    .describe('How old the newest backup may be before pp status says so.')
    .optional(),
})

const database = z.strictObject({
  engine: z.literal('streaming').describe('Plain PostgreSQL with streaming replication, over SSH.'),
  members: groupName.describe('Group of the inventory whose hosts run this PostgreSQL cluster.'),
  poolers: groupName.describe('Group of the inventory whose hosts run its PgBouncers.').optional(),
  voters: z
    .array(hostName)
    .min(3, 'three hosts or more')
    .describe('Hosts that hold the lock, an odd number; database and edge hosts when left out.')
    .optional(),
  maintenanceDatabase: roleName.describe('Database that pp itself connects to.'),
  applicationDatabases: z
    .array(roleName)
    .min(1, 'one database or more')
    .describe('Service databases; each has an entry of the same name in the poolers.'),
  connect: z
    .enum(['ssh', 'direct'])
    .describe('How SQL reaches the members: forwarded over SSH, or straight.'),
  tls: z.strictObject({
    mode: z.enum(['disable', 'require', 'verify-ca', 'verify-full']),
    caFile: z.string().min(1).optional(),
  }),
  users: z.strictObject({admin: credential, probe: credential}),
  clientTimeoutSeconds: duration(
    8,
    "Lowest timeout of the applications' statements and sockets; bounds a pause.",
  ),
  maxLoss: z
    .union([z.string(), z.number()])
    .transform((value, context) => {
      const limit = parseLossLimit(String(value))
      if (!limit) context.addIssue(lossMessage)
      return limit ?? z.NEVER
    })
    .describe(
      'What an unplanned failover of an asynchronous primary may lose: 0, a size, a duration, or any.',
    )
    .optional(),
  directClients: z
    .boolean()
    .describe(
      'Clients may connect past the poolers (when left out: they may). Where none does, keeping the poolers away from a silent primary counts as a fence.',
    )
    .optional(),
  backup: backup.describe('Where its backups are.').optional(),
  synchronousModeStrict: z
    .boolean()
    .describe(
      'Let writes wait while no standby can acknowledge them; else synchronous_standby_names is lowered meanwhile.',
    )
    .optional(),
})

/** All keys optional, two levels deep: what an environment, or one file of several, may leave to the others. */
const databaseParts = database
  .extend({
    tls: database.shape.tls.partial(),
    users: z.strictObject({admin: credential.partial(), probe: credential.partial()}).partial(),
    backup: backup.partial(),
  })
  .partial()

const command = (purpose: string) =>
  z
    .array(z.string().min(1))
    .min(1, 'a program and its arguments')
    .describe(`${purpose} {host}, {address} and {lab} are filled in; no shell sees it.`)
const fence = z.strictObject({
  power: z
    .strictObject({
      off: command('Takes the power of a host away and ends with 0 once it is off.'),
      on: command('Gives it back.'),
      status: command('Prints on or off among its words.'),
    })
    .describe("The hosts' power switches, as ipmitool or a PDU's own client works them.")
    .optional(),
})

const notifyHook = z.strictObject({
  command: z
    .array(z.string().min(1))
    .min(1, 'a program and its arguments')
    .describe('A program that gets the notification on its stdin; no shell sees it.')
    .optional(),
  webhook: z
    .string()
    .regex(
      /^(https?:\/\/|(env|file):).+/,
      'an address, https://…, or a reference to it, env:NAME or file:PATH',
    )
    .describe('An address that the notification is posted to; as env:NAME or file:PATH where it is a secret.')
    .optional(),
  token: secret.optional(),
  events: z.array(z.enum(notifyEvents)).describe('What it is told of; all when left out.').optional(),
  timeoutSeconds: duration(1, 'How long one delivery may take, 5 s when left out.', 60).optional(),
})

/** Who is told, by name; a drill's file has the same section. */
export const notifyHooks = z.record(safeName, notifyHook)

const wholeNumber = z.number().int('a whole number').min(0, 'a whole number, 0 or more')
const quantity = (example: string) =>
  z
    .union([z.number(), z.string()], `a quantity such as ${example}`)
    .transform(String)
    .pipe(z.string().regex(/^\d+(\.\d+)?(m|[kMGT]i?)?$/, `a quantity such as ${example}`))
const labels = z.record(z.string(), z.string())

const nodeGroup = z.strictObject({
  max: wholeNumber.describe('Most nodes that it may have.'),
  labels: labels
    .describe('Labels that only its nodes have; eks.amazonaws.com/nodegroup with its name when left out.')
    .optional(),
  zones: z
    .array(z.string().min(1))
    .describe('Zones that it makes nodes in; those of its nodes when left out.')
    .optional(),
  instanceType: z.string().min(1).describe('Shown beside it.').optional(),
  node: z
    .strictObject({
      cpu: quantity('4 or 3920m'),
      memory: quantity('15Gi'),
      pods: wholeNumber,
      taints: z
        .array(
          z.strictObject({key: z.string().min(1), value: z.string().optional(), effect: z.string().min(1)}),
        )
        .optional(),
    })
    .describe('What a new node has for Pods, while there is none of the group to tell.')
    .optional(),
})

const aws = z.strictObject({
  cluster: z.string().min(1).describe('Name of the cluster in EKS.'),
  region: z.string().min(1).describe("Region; AWS_REGION, else the profile's when left out.").optional(),
  endpoint: z
    .url({protocol: /^https?$/, error: 'an address, https://HOST'})
    .describe("Where AWS answers; when left out the lab's, else AWS_ENDPOINT_URL, else AWS itself.")
    .optional(),
})

const cluster = z.strictObject({
  site: z.string().min(1).describe('Site that it is on.'),
  kubeconfig: z
    .string()
    .min(1)
    .describe(
      "Kubeconfig file, relative to the fleet file; when left out the lab's, else KUBECONFIG or ~/.kube/config.",
    )
    .optional(),
  context: z.string().min(1).describe('Context of the kubeconfig; its current one when left out.').optional(),
  inventory: z
    .string()
    .min(1)
    .describe(
      'Ansible inventory (YAML) of its hosts, relative to the fleet file: groups kubernetes_control_plane and kubernetes_node, which drills may break.',
    )
    .optional(),
  namespace: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'a name of a namespace')
    .describe('Where the services are.'),
  image: z
    .string()
    .min(1)
    .describe("Image of pp, by which the cluster gives back what --until has set; when left out the lab's.")
    .optional(),
  aws: aws.describe("The EKS cluster that it is; left out: its node groups are not EKS's.").optional(),
  nodeGroups: z
    .record(z.string().min(1), nodeGroup)
    .describe('Groups of nodes that can grow, by name, the one to grow first first.')
    .optional(),
})

const service = z.strictObject({
  instances: z
    .array(z.url({protocol: /^https?$/, error: 'an address, http://HOST:PORT'}))
    .min(1, 'one address or more')
    .describe('Where its instances answer /readyz and /metrics.')
    .optional(),
  urls: z
    .record(safeName, z.url({protocol: /^https?$/, error: 'an address, http://HOST:PORT'}))
    .describe('Where clients reach it, by site; drills look there.')
    .optional(),
  clusters: z
    .array(safeName)
    .min(1, 'one cluster or more')
    .describe('Clusters that it runs in, the one to fill first first.')
    .optional(),
  deployment: z
    .string()
    .min(1)
    .describe("Its Deployment in each of them; the service's name when left out.")
    .optional(),
  migrate: z
    .array(z.string().min(1))
    .min(1, 'one argument or more')
    .describe('Arguments with which its image plays its migrations, before pp deploy replaces anything.')
    .optional(),
})

const prometheus = z
  .url({protocol: /^https?$/, error: 'an address, http://HOST:PORT'})
  .describe("Prometheus that knows the services' alerts; when left out the lab's, else none.")

const sections = {
  clusters: z
    .record(
      safeName,
      cluster.extend({nodeGroups: z.record(z.string().min(1), nodeGroup.partial()).optional()}).partial(),
    )
    .describe('Kubernetes clusters, by name.')
    .optional(),
  services: z.record(safeName, service).describe('The services of the platform, by name.').optional(),
  prometheus: prometheus.optional(),
  notify: notifyHooks.describe('Who is told of operations.').optional(),
  ssh: ssh.partial().optional(),
  fence: fence.optional(),
  timings: timings.partial().optional(),
  databases: z.record(safeName, databaseParts).optional(),
}

const environment = z.strictObject({
  protected: z.boolean().describe("Severe acts here ask for the target's name.").optional(),
  inventory: z.string().min(1).describe('Ansible inventory (YAML), relative to the fleet file.').optional(),
  lab: z
    .string()
    .regex(/^[a-z0-9-]{1,8}$/, 'at most 8 of a-z, 0-9 and -')
    .describe('The lab on this machine that plays this environment (PP_LAB).')
    .optional(),
  ...sections,
})

/** One fleet file as it is written: the project's or the user's. */
export const fleetFileSchema = z.strictObject({
  $schema: z.string().optional(),
  name: safeName
    .refine((name) => !['labs', 'bugs'].includes(name), 'a name that pp does not use for itself')
    .optional(),
  defaultEnvironment: safeName.describe('Environment of commands without --env.').optional(),
  environments: z.record(safeName, environment).optional(),
  ...sections,
})

/** What all sources together must give, once an environment has been chosen. */
export const settingsSchema = z.object({
  name: z.string(),
  environment: z.string(),
  protected: z.boolean(),
  inventory: z.string(),
  lab: z.string().optional(),
  ssh: z.object(ssh.shape),
  fence: fence.optional(),
  notify: z.record(z.string(), z.object(notifyHook.shape)).optional(),
  services: z.record(z.string(), z.object(service.shape)).optional(),
  prometheus: prometheus.optional(),
  clusters: z.record(z.string(), z.object(cluster.shape)).optional(),
  timings: z.object(timings.shape),
  databases: z.record(z.string(), z.object(database.shape)),
})

export type Settings = z.infer<typeof settingsSchema>
