import {createHash} from 'node:crypto'
import {existsSync} from 'node:fs'
import {readFile, rm, symlink, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {runProgram} from '../drivers/machine/program.ts'
import type {Progress} from '../output/progress.ts'
import {basePackages, baseSuite, disabledUnits, maskedUnits} from './base-packages.ts'
import {makeOnce} from './made-once.ts'
import {baseFolder} from './paths.ts'

/** Raised when the steps below change, so that older roots are not taken for new ones. */
const recipe = 2

/** Folder name of the root that this list of packages makes. */
export function baseName(): string {
  const content = JSON.stringify({recipe, baseSuite, basePackages, maskedUnits, disabledUnits})
  return `base-${createHash('sha256').update(content).digest('hex').slice(0, 12)}`
}

export const basePath = (): string => join(baseFolder(), baseName())

/** A clean Debian root, the read-only lower layer of every lab host: made once, about 40 s and 700 MB. */
export async function ensureBase(progress: Progress): Promise<string> {
  const base = basePath()
  await makeOnce(base, async (making) => {
    progress.start('base', `make the hosts' root file system, once for all labs (40 s)`)
    await runProgram([
      'mmdebstrap', '--quiet', '--variant=minbase', '--mode=root', '--format=directory',
      '--aptopt=Acquire::Languages "none"', '--aptopt=APT::Install-Recommends "false"', '--dpkgopt=force-unsafe-io',
      '--dpkgopt=path-exclude=/usr/share/doc/*', '--dpkgopt=path-exclude=/usr/share/man/*',
      `--include=${basePackages.join(',')}`, baseSuite, making, ...(await ownSources()),
    ]) // prettier-ignore
    await strip(making)
    progress.done('base')
  })
  return base
}

/** A machine of the same release knows where its packages come from; elsewhere mmdebstrap's own default serves. */
async function ownSources(): Promise<readonly string[]> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '')
  if (!release.includes(`VERSION_CODENAME=${baseSuite}`)) return []
  return ['/etc/apt/sources.list.d/debian.sources', '/etc/apt/sources.list']
    .filter((file) => existsSync(file))
    .slice(0, 1)
}

async function strip(root: string): Promise<void> {
  const units = join(root, 'etc/systemd/system')
  for (const unit of disabledUnits) await rm(join(units, 'multi-user.target.wants', unit), {force: true})
  await rm(join(units, 'sysinit.target.wants/nftables.service'), {force: true})
  // sshd runs these at each login; pp and Ansible log in many times, and nobody reads it.
  await rm(join(root, 'etc/update-motd.d'), {recursive: true, force: true})
  for (const unit of maskedUnits) {
    await rm(join(units, unit), {force: true})
    await symlink('/dev/null', join(units, unit))
  }
  const perHost = ['etc/machine-id', 'etc/fstab', 'etc/hostname', 'etc/resolv.conf']
  for (const file of perHost) await writeFile(join(root, file), '')
  for (const key of ['ecdsa', 'ed25519', 'rsa'].flatMap((type) => [`${type}_key`, `${type}_key.pub`])) {
    await rm(join(root, `etc/ssh/ssh_host_${key}`), {force: true})
  }
  for (const folder of ['var/lib/postgresql/15/main', 'etc/postgresql/15/main', 'var/cache/apt/archives']) {
    await rm(join(root, folder), {recursive: true, force: true})
  }
}
