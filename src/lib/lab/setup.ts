import {createHash} from 'node:crypto'
import {glob, readFile, readdir} from 'node:fs/promises'
import {join, relative} from 'node:path'
import * as z from 'zod'
import {playbooksFolder, runPlaybook} from '../drivers/ansible/run-playbook.ts'
import type {Progress} from '../output/progress.ts'
import type {AwsInstance} from './aws/emulator.ts'
import {writeKubeconfig} from './cluster/kubeconfig.ts'
import type {ServiceImages} from './cluster/service-images.ts'
import {clusterVariables} from './cluster/variables.ts'
import {writeWhole} from './files.ts'
import {packageRoot} from '../package-root.ts'
import {labPaths} from './paths.ts'
import {clusterSites, hasAws, hasCluster, hasDatabase, hasMonitoring, type LabRecord} from './state.ts'
import {subnetOf} from './subnet.ts'

export interface SetUpOptions {
  readonly progress: Progress
  /** What its nodes load beside the cluster's own. */
  readonly services?: ServiceImages | undefined
  readonly signal?: AbortSignal | undefined
}

/** Hash of all that decides what the playbook makes of the hosts; where it is as recorded, nothing need be played. */
export async function setUpHash(record: LabRecord, services?: ServiceImages): Promise<string> {
  const cluster = clusterSites(record).map((site) => clusterVariables(record, site, services))
  const hash = createHash('sha256').update(JSON.stringify([record.base, record.synchronous, ...cluster]))
  const manifests = services
    ? await Array.fromAsync(glob('services/{,*/}k8s/**/*.yaml', {cwd: packageRoot}))
    : []
  for (const file of [...(await playbookFiles()), ...manifests].sort())
    hash.update(file).update(await readFile(join(packageRoot, file)))
  return hash.digest('hex')
}

/** From the root of the package. */
async function playbookFiles(): Promise<readonly string[]> {
  const entries = await readdir(playbooksFolder, {recursive: true, withFileTypes: true})
  return entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.pyc'))
    .map((entry) => relative(packageRoot, join(entry.parentPath, entry.name)))
}

interface Play {
  readonly inventories: readonly string[]
  readonly playbook: string
  readonly variables: string
  /** All of the inventory when left out. */
  readonly limit?: readonly string[]
}

function playsOf(record: LabRecord): readonly Play[] {
  const {variables, awsVariables} = labPaths(record.name)
  const hosts = record.hosts.filter(({site, hasKubernetes}) => site === 'aws' && hasKubernetes)
  return [
    ...(hasDatabase(record) ? [{inventories: ['lab'], playbook: 'site.yml', variables}] : []),
    ...(hasCluster(record) ? [{inventories: ['lab-cluster'], playbook: 'kubernetes.yml', variables}] : []),
    ...(hasAws(record) ? [awsPlay(awsVariables, hosts.map(({name}) => name))] : []), // prettier-ignore
    ...(hasMonitoring(record) ? [monitoringPlay(variables)] : []),
  ]
}

/** The host that looks has to know of those that it looks at. */
const monitoringPlay = (variables: string): Play => ({
  inventories: ['lab', 'lab-monitoring'],
  playbook: 'monitoring.yml',
  variables,
})

/** Its inventory has a place for every node that there can be. */
const awsPlay = (variables: string, limit: readonly string[]): Play => ({
  inventories: ['lab-aws'],
  playbook: 'kubernetes.yml',
  variables,
  limit,
})

/**
 * Plays the same playbooks that set up a real rack, side by side: no two are about the same hosts.
 *
 * @param instances what the nodes of node groups are, where there are any.
 * @throws PpError ANSIBLE_MISSING, ANSIBLE_FAILED, ANSIBLE_UNREACHABLE.
 */
export async function setUpHosts(
  record: LabRecord,
  instances: readonly AwsInstance[],
  {progress, services, signal}: SetUpOptions,
): Promise<void> {
  const paths = labPaths(record.name)
  const common = {
    pp_secrets_directory: paths.secrets,
    pp_authorized_key: (await readFile(`${paths.identity}.pub`, 'utf8')).trim(),
    pp_synchronous: record.synchronous,
    pp_archive_directory: '/srv/wal-archive',
  }
  const rack = {...common, ...(hasCluster(record) && clusterVariables(record, 'rack', services))}
  await writeWhole(paths.variables, JSON.stringify(rack))
  if (hasAws(record)) {
    const aws = {...common, ...clusterVariables(record, 'aws', services), ...nodeVariables(record, instances)}
    // Another folder has other authorities: who is trusted on one site is not on the other.
    const apart = {...aws, pp_secrets_directory: join(paths.secrets, 'aws')}
    await writeWhole(paths.awsVariables, JSON.stringify(apart))
  }
  progress.start('ansible', 'set the hosts up with Ansible')
  const played = await Promise.allSettled(
    playsOf(record).map((play) => playOne(record, play, progress, signal)),
  )
  for (const one of played) if (one.status === 'rejected') throw one.reason
  if (hasCluster(record)) await writeKubeconfig(record)
  progress.done('ansible')
}

/** Sets up nodes alone that a node group has made since. @throws PpError ANSIBLE_…. */
export async function setUpNodes(
  record: LabRecord,
  instances: readonly AwsInstance[],
  nodes: readonly string[],
  {progress, signal}: SetUpOptions,
): Promise<void> {
  const {awsVariables} = labPaths(record.name)
  const before = z.record(z.string(), z.unknown()).parse(JSON.parse(await readFile(awsVariables, 'utf8')))
  await writeWhole(awsVariables, JSON.stringify({...before, ...nodeVariables(record, instances)}))
  await playOne(record, awsPlay(awsVariables, nodes), progress, signal)
}

const nodeVariables = ({hosts, subnetIndex}: LabRecord, instances: readonly AwsInstance[]) => ({
  lab_addresses: Object.fromEntries(hosts.map(({name, ip}) => [name, ip])),
  lab_instances: Object.fromEntries(instances.map(({host, ...instance}) => [host, instance])),
  kubernetes_pod_router: subnetOf(subnetIndex ?? 0, 'aws').router,
})

async function playOne(
  {name}: LabRecord,
  {inventories, playbook, variables, limit}: Play,
  progress: Progress,
  signal: AbortSignal | undefined,
): Promise<void> {
  await runPlaybook({
    inventory: inventories.map((one) => join(playbooksFolder, 'inventories', one)),
    playbook: join(playbooksFolder, playbook),
    extraVarsFile: variables,
    sshArgs: ['-F', labPaths(name).sshConfig],
    onEvent: (event) => {
      if (event.event === 'task') progress.detail('ansible', event.name)
    },
    ...(limit && {limit}),
    ...(signal && {signal}),
  })
}
