import {constants} from 'node:fs'
import {access, readFile, statfs} from 'node:fs/promises'
import {delimiter, join} from 'node:path'
import {again} from '../again.ts'
import {cgroupHierarchies} from '../drivers/machine/cgroups.ts'
import {unavailableError} from '../errors.ts'
import {labsFolder} from './paths.ts'

const programs: Readonly<Record<string, string>> = {
  'ansible-playbook': 'ansible-core',
  ip: 'iproute2',
  'mkfs.ext4': 'e2fsprogs',
  mmdebstrap: 'mmdebstrap',
  mount: 'mount',
  nsenter: 'util-linux',
  ssh: 'openssh-client',
  'ssh-keygen': 'openssh-client',
  unshare: 'util-linux',
}
/** What makes the images that nodes import. */
const ofClusters = {buildah: 'buildah'}

const overlayMagic = 0x794c7630

/**
 * Everything that keeps this machine from playing a lab, looked at without touching anything.
 *
 * @param hasClusters whether Kubernetes runs in it. @throws PpError LAB_UNSUPPORTED naming all of it.
 */
export async function assertSupported(hasClusters: boolean): Promise<void> {
  const missing = await whatIsMissing(hasClusters)
  if (missing.length === 0) return
  throw unavailableError('LAB_UNSUPPORTED', {
    message: `This machine cannot play a lab: ${missing.join('; ')}. Nothing was touched.`,
    hint: missing.some((line) => line.startsWith('program'))
      ? `On Debian and Ubuntu bin/setup${hasClusters ? ' --images' : ''} installs the programs; then: ${again()}`
      : 'Run it as root on a Linux machine or in a virtual machine: pp lab up',
  })
}

export async function whatIsMissing(hasClusters: boolean): Promise<readonly string[]> {
  if (process.platform !== 'linux')
    return [`it runs ${process.platform}, hosts need the Linux kernel's namespaces`]
  const notRoot = isRoot()
  // What only root may look at is no finding about the machine.
  const rootChecks = notRoot.length > 0 ? [] : [hasLoopDevices(), hasCgroups()]
  const wanted = hasClusters ? {...programs, ...ofClusters} : programs
  const checks = [hasPrograms(wanted), hasFileSystems(), holdsLayers(), hasWatches(), ...rootChecks]
  return [...notRoot, ...(await Promise.all(checks)).flat()]
}

function isRoot(): readonly string[] {
  return process.getuid?.() === 0 ? [] : ['only root may make namespaces and mounts (you are not root)']
}

async function hasPrograms(wanted: Readonly<Record<string, string>>): Promise<readonly string[]> {
  // Debian keeps these out of an ordinary account's PATH.
  process.env.PATH = [process.env.PATH, '/usr/local/sbin', '/usr/sbin', '/sbin']
    .filter(Boolean)
    .join(delimiter)
  const folders = process.env.PATH.split(delimiter)
  const found = await Promise.all(Object.keys(wanted).map((program) => isOnPath(program, folders)))
  return Object.entries(wanted)
    .filter((_, index) => found[index] !== true)
    .map(([program, debian]) => `program ${program} is missing (Debian package ${debian})`)
}

async function isOnPath(program: string, folders: readonly string[]): Promise<boolean> {
  const tries = folders.map((folder) =>
    access(join(folder, program), constants.X_OK).then(
      () => true,
      () => false,
    ),
  )
  return (await Promise.all(tries)).includes(true)
}

async function hasLoopDevices(): Promise<readonly string[]> {
  const usable = await access('/dev/loop-control', constants.W_OK).then(
    () => true,
    () => false,
  )
  return usable
    ? []
    : ['there are no loop devices (/dev/loop-control), the databases need disks of their own']
}

/** A file system that is a module and not loaded yet is not listed; mounting loads it. */
async function hasFileSystems(): Promise<readonly string[]> {
  const known = await readFile('/proc/filesystems', 'utf8')
  const hasModules = await access('/proc/modules').then(
    () => true,
    () => false,
  )
  return ['overlay', 'ext4']
    .filter((type) => !new RegExp(`\\b${type}$`, 'm').test(known) && !hasModules)
    .map((type) => `the kernel has no file system ${type}`)
}

async function hasCgroups(): Promise<readonly string[]> {
  const hierarchies = await cgroupHierarchies()
  if (hierarchies.length === 0) return ['no cgroups are mounted under /sys/fs/cgroup']
  const canFreeze = hierarchies.some(({version, options}) => version === 2 || options.includes('freezer'))
  const writable = await access(hierarchies[0]?.mountPoint ?? '', constants.W_OK).then(
    () => true,
    () => false,
  )
  return [
    ...(canFreeze ? [] : ['cgroups have no freezer']),
    ...(writable ? [] : ['cgroups are mounted read-only']),
  ]
}

/** Every host's systemd takes about twenty, and root's are counted together over all namespaces. */
async function hasWatches(): Promise<readonly string[]> {
  const limit = Number(await readFile('/proc/sys/fs/inotify/max_user_instances', 'utf8').catch(() => 'NaN'))
  return limit < 128 ? [`fs.inotify.max_user_instances is ${limit}, six hosts need 128`] : []
}

/** Looks at the nearest folder that exists: the lab's own may not be made yet. */
async function holdsLayers(): Promise<readonly string[]> {
  for (let folder = labsFolder(); ; folder = join(folder, '..')) {
    const found = await statfs(folder).catch(() => undefined)
    if (!found && folder !== '/') continue
    return found?.type === overlayMagic
      ? [
          `${labsFolder()} lies on an overlay file system, which cannot hold the hosts' layers (set XDG_STATE_HOME)`,
        ]
      : []
  }
}
