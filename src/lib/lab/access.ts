import {randomBytes} from 'node:crypto'
import {existsSync} from 'node:fs'
import {mkdir, readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {runProgram} from '../drivers/machine/program.ts'
import {writeWhole} from './files.ts'
import {labPaths} from './paths.ts'
import type {LabRecord} from './state.ts'

const secretNames = ['pp_admin', 'pp_probe', 'pp_guard', 'pp_replication', 'pp_monitor', 'pixelpulse']

/** The key to the hosts and one random password a database role; what is there already is kept. */
export async function makeSecrets(lab: string): Promise<void> {
  const paths = labPaths(lab)
  await mkdir(paths.secrets, {recursive: true, mode: 0o700})
  for (const name of secretNames) {
    const file = join(paths.secrets, name)
    if (!existsSync(file)) await writeWhole(file, randomBytes(24).toString('base64url'))
  }
  await makeKey(paths.identity, `pp-lab-${lab}`)
  await makeKey(join(paths.secrets, 'pp_gate_key'), `pp-gate-${lab}`)
}

async function makeKey(file: string, comment: string): Promise<void> {
  if (existsSync(file)) return
  await runProgram(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', file])
}

/** Writes what ssh needs to reach the hosts by name and to know them for certain. */
export async function writeSshFiles(record: LabRecord): Promise<void> {
  const paths = labPaths(record.name)
  const known = await Promise.all(
    record.hosts.map(async ({name}) => {
      const file = join(paths.host(name), 'upper/etc/ssh/ssh_host_ed25519_key.pub')
      const [type, key] = (await readFile(file, 'utf8')).split(' ')
      return `${keyAlias(record.name, name)} ${type ?? ''} ${key ?? ''}\n`
    }),
  )
  await writeWhole(paths.knownHosts, known.join(''))
  await writeWhole(
    paths.sshConfig,
    record.hosts.map(({name, ip}) => hostBlock(record.name, name, ip)).join('\n'),
  )
}

const keyAlias = (lab: string, host: string): string => `pp-${lab}-${host}`

/** One block of an OpenSSH client configuration; who logs in is the caller's choice. */
export function hostBlock(lab: string, host: string, ip: string): string {
  const paths = labPaths(lab)
  return [
    `Host ${host}`,
    `  HostName ${ip}`,
    '  Port 22',
    `  HostKeyAlias ${keyAlias(lab, host)}`,
    `  IdentityFile "${paths.identity}"`,
    '  IdentitiesOnly yes',
    `  UserKnownHostsFile "${paths.knownHosts}"`,
    '  GlobalKnownHostsFile none',
    '  StrictHostKeyChecking yes',
    '',
  ].join('\n')
}
