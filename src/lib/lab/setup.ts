import {createHash} from 'node:crypto'
import {glob, readFile, readdir} from 'node:fs/promises'
import {join, relative} from 'node:path'
import {playbooksFolder, runPlaybook} from '../drivers/ansible/run-playbook.ts'
import type {Progress} from '../output/progress.ts'
import type {ServiceImages} from './cluster/service-images.ts'
import {clusterVariables} from './cluster/variables.ts'
import {writeWhole} from './files.ts'
import {packageRoot} from '../package-root.ts'
import {labPaths} from './paths.ts'
import {hasCluster, hasDatabase, type LabRecord} from './state.ts'

export interface SetUpOptions {
  readonly progress: Progress
  /** What its nodes load beside the cluster's own. */
  readonly services?: ServiceImages | undefined
  readonly signal?: AbortSignal | undefined
}

/** Hash of all that decides what the playbook makes of the hosts; where it is as recorded, nothing need be played. */
export async function setUpHash(record: LabRecord, services?: ServiceImages): Promise<string> {
  const cluster = hasCluster(record) ? [clusterVariables(record, services)] : []
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

const playsOf = (record: LabRecord) => [
  ...(hasDatabase(record) ? [{inventory: 'lab', playbook: 'site.yml'}] : []),
  ...(hasCluster(record) ? [{inventory: 'lab-cluster', playbook: 'kubernetes.yml'}] : []),
]

/** Plays the same playbooks that set up a real rack. @throws PpError ANSIBLE_MISSING, ANSIBLE_FAILED, ANSIBLE_UNREACHABLE. */
export async function setUpHosts(
  record: LabRecord,
  {progress, services, signal}: SetUpOptions,
): Promise<void> {
  const paths = labPaths(record.name)
  const variables = {
    pp_secrets_directory: paths.secrets,
    pp_authorized_key: (await readFile(`${paths.identity}.pub`, 'utf8')).trim(),
    pp_synchronous: record.synchronous,
    pp_archive_directory: '/srv/wal-archive',
    ...(hasCluster(record) && clusterVariables(record, services)),
  }
  await writeWhole(paths.variables, JSON.stringify(variables))
  progress.start('ansible', 'set the hosts up with Ansible')
  for (const {inventory, playbook} of playsOf(record))
    await runPlaybook({
      inventory: join(playbooksFolder, 'inventories', inventory),
      playbook: join(playbooksFolder, playbook),
      extraVarsFile: paths.variables,
      sshArgs: ['-F', paths.sshConfig],
      onEvent: (event) => {
        if (event.event === 'task') progress.detail('ansible', event.name)
      },
      ...(signal && {signal}),
    })
  progress.done('ansible')
}
