import {mkdir, readFile, readdir, rmdir, writeFile} from 'node:fs/promises'
import {waitUntil} from './processes.ts'

/** One mounted cgroup hierarchy: each controller of version 1 has its own, version 2 has one for all. */
export interface CgroupHierarchy {
  readonly version: 1 | 2
  readonly mountPoint: string
  /** Mount options that show the same hierarchy inside a host, `cpu,cpuacct` or `none,name=systemd`; empty for version 2. */
  readonly options: string
}

const neverControllers = new Set([
  'rw',
  'ro',
  'relatime',
  'nosuid',
  'nodev',
  'noexec',
  'xattr',
  'clone_children',
])

/** Reads the hierarchies out of the text of /proc/mounts. */
export function parseHierarchies(mounts: string): readonly CgroupHierarchy[] {
  const hierarchies = mounts.split('\n').flatMap((line): CgroupHierarchy[] => {
    const [, mountPoint, type, flags] = line.split(' ')
    if (mountPoint === undefined || flags === undefined || !mountPoint.startsWith('/sys/fs/cgroup')) return []
    if (type === 'cgroup2') return [{version: 2, mountPoint, options: ''}]
    if (type !== 'cgroup') return []
    const kept = flags
      .split(',')
      .filter((flag) => !neverControllers.has(flag) && !/^(release_agent|seclabel)/.test(flag))
    const options = kept.some((flag) => flag.startsWith('name=')) ? ['none', ...kept] : kept
    return [{version: 1, mountPoint, options: options.join(',')}]
  })
  // A later mount on the same place hides the earlier one.
  return [...new Map(hierarchies.map((hierarchy) => [hierarchy.mountPoint, hierarchy])).values()]
}

export async function cgroupHierarchies(): Promise<readonly CgroupHierarchy[]> {
  return parseHierarchies(await readFile('/proc/mounts', 'utf8'))
}

/** Makes the group in every hierarchy, ready to take processes. @returns its folders. */
export async function makeCgroup(
  hierarchies: readonly CgroupHierarchy[],
  group: string,
): Promise<readonly string[]> {
  for (const {version, mountPoint} of hierarchies) {
    let folder = mountPoint
    for (const part of group.split('/')) {
      const parent = folder
      folder = `${parent}/${part}`
      if (version === 2) await delegateControllers(parent)
      await mkdir(folder, {recursive: true})
      await inheritCpuset(parent, folder)
    }
  }
  return hierarchies.map(({mountPoint}) => `${mountPoint}/${group}`)
}

/** Version 2 gives a group only the controllers that its parent hands down, one refused does not hold back the others. */
async function delegateControllers(parent: string): Promise<void> {
  const controllers = (await readFile(`${parent}/cgroup.controllers`, 'utf8').catch(() => '')).trim()
  for (const controller of controllers.split(' ').filter(Boolean)) {
    await writeFile(`${parent}/cgroup.subtree_control`, `+${controller}`).catch(() => undefined)
  }
}

/** A version 1 cpuset starts empty and refuses every process until it has processors and memory nodes. */
async function inheritCpuset(parent: string, folder: string): Promise<void> {
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    const [own, inherited] = await Promise.all(
      [folder, parent].map((place) => readFile(`${place}/${file}`, 'utf8').catch(() => '')),
    )
    if (own?.trim() === '' && inherited?.trim())
      await writeFile(`${folder}/${file}`, inherited).catch(() => undefined)
  }
}

/** Removes the group with all groups below it, everywhere it exists. @throws EBUSY while processes are in it. */
export async function removeCgroup(hierarchies: readonly CgroupHierarchy[], group: string): Promise<void> {
  for (const {mountPoint} of hierarchies) await removeTree(`${mountPoint}/${group}`)
}

async function removeTree(folder: string): Promise<void> {
  const entries = await readdir(folder, {withFileTypes: true}).catch(() => undefined)
  if (!entries) return
  for (const entry of entries) if (entry.isDirectory()) await removeTree(`${folder}/${entry.name}`)
  await rmdir(folder)
}

/** Every process in the group or below it. */
export async function processesIn(
  hierarchies: readonly CgroupHierarchy[],
  group: string,
): Promise<ReadonlySet<number>> {
  const found = new Set<number>()
  for (const {mountPoint} of hierarchies) await collectProcesses(`${mountPoint}/${group}`, found)
  return found
}

async function collectProcesses(folder: string, found: Set<number>): Promise<void> {
  const entries = await readdir(folder, {withFileTypes: true}).catch(() => [])
  const text = await readFile(`${folder}/cgroup.procs`, 'utf8').catch(() => '')
  for (const line of text.split('\n')) if (line) found.add(Number(line))
  for (const entry of entries)
    if (entry.isDirectory()) await collectProcesses(`${folder}/${entry.name}`, found)
}

/** Stops (true) or continues every process of the group, and returns once the kernel says so. */
export async function setFrozen(
  hierarchies: readonly CgroupHierarchy[],
  group: string,
  frozen: boolean,
): Promise<boolean> {
  const {folder, version} = freezer(hierarchies, group)
  const [file, value] =
    version === 2 ? ['cgroup.freeze', frozen ? '1' : '0'] : ['freezer.state', frozen ? 'FROZEN' : 'THAWED']
  const written = await writeFile(`${folder}/${file}`, value).then(
    () => true,
    () => false,
  )
  return written && waitUntil(async () => (await isFrozen(hierarchies, group)) === frozen, 5)
}

export async function isFrozen(hierarchies: readonly CgroupHierarchy[], group: string): Promise<boolean> {
  const {folder, version} = freezer(hierarchies, group)
  if (version === 2)
    return (await readFile(`${folder}/cgroup.events`, 'utf8').catch(() => '')).includes('frozen 1')
  return (await readFile(`${folder}/freezer.state`, 'utf8').catch(() => '')).trim() === 'FROZEN'
}

/** The version 1 freezer where the machine has one: processes there cannot be frozen through version 2 as surely. */
function freezer(hierarchies: readonly CgroupHierarchy[], group: string): {folder: string; version: 1 | 2} {
  const first = hierarchies.find(({options}) => options.split(',').includes('freezer'))
  const chosen = first ?? hierarchies.find(({version}) => version === 2)
  return {folder: `${chosen?.mountPoint ?? '/sys/fs/cgroup'}/${group}`, version: chosen?.version ?? 2}
}
