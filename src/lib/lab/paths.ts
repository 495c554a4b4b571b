import {join} from 'node:path'
import {usageError} from '../errors.ts'
import {cacheFolder, stateFolder} from '../folders.ts'

/** Where one lab keeps everything that is its own. */
export interface LabPaths {
  readonly state: string
  readonly record: string
  readonly lock: string
  readonly sshConfig: string
  readonly knownHosts: string
  readonly identity: string
  readonly secrets: string
  readonly archive: string
  /** Names of the files that were in the archive right after the set-up. */
  readonly firstArchive: string
  /** How to reach its clusters, as their administrator. */
  readonly kubeconfig: string
  /** Variables for the playbooks. */
  readonly variables: string
  /** The same for the cluster of site aws. */
  readonly awsVariables: string
  readonly host: (name: string) => string
  /** What is wrong with the power switch of a host; bin/lab-bmc reads it. */
  readonly switchFault: (name: string) => string
}

export const defaultLab = 'default'

/** @throws PpError LAB_NAME_INVALID: the name becomes part of namespaces and groups, which are short. */
export function labPaths(name: string): LabPaths {
  if (!/^[a-z0-9](?:[a-z0-9-]{0,6}[a-z0-9])?$/.test(name)) {
    throw usageError('LAB_NAME_INVALID', {
      message: `"${name}" cannot name a lab: one to eight of a-z, 0-9 and - are allowed.`,
      hint: 'Choose another one, as in: PP_LAB=try1 pp lab up',
    })
  }
  const state = join(labsFolder(), name)
  return {
    state,
    record: join(state, 'lab.json'),
    lock: join(labsFolder(), `.${name}.lock`),
    sshConfig: join(state, 'ssh_config'),
    knownHosts: join(state, 'known_hosts'),
    identity: join(state, 'id_ed25519'),
    secrets: join(state, 'secrets'),
    archive: join(state, 'archive'),
    firstArchive: join(state, 'archive.first.json'),
    kubeconfig: join(state, 'kubeconfig'),
    variables: join(state, 'variables.json'),
    awsVariables: join(state, 'variables-aws.json'),
    host: (host) => join(state, 'hosts', host),
    switchFault: (host) => join(state, `switch-${host}`),
  }
}

export const labsFolder = (): string => join(stateFolder(), 'labs')

/** What all labs of this account share: the hosts' root file systems. */
export const baseFolder = (): string => join(cacheFolder(), 'lab')
