import {execa} from 'execa'
import {readFile, readdir} from 'node:fs/promises'

import {labsFolder} from '../../src/lib/lab/paths.ts'

/** Everything on this machine that carries the lab's name: namespaces, links, mounts, loop devices, groups, processes, files. */
export async function traces(name: string): Promise<readonly string[]> {
  const read = (file: string) => readFile(file, 'utf8').catch(() => '')
  const list = (folder: string) => readdir(folder).catch(() => [])
  const folder = `/pp/labs/${name}/`
  const spaces = (await list('/run/netns')).filter((space) => space.startsWith(`pp-${name}-`))
  const links = (await execa('ip', ['-o', 'link'])).stdout
    .split('\n')
    .filter((line) => line.endsWith(`pp lab ${name}`))
  const mounts = (await read('/proc/mounts')).split('\n').filter((line) => line.includes(folder))
  const loops = (await execa('losetup', ['-a'])).stdout.split('\n').filter((line) => line.includes(folder))
  const groups = (
    await Promise.all((await list('/sys/fs/cgroup')).map((top) => list(`/sys/fs/cgroup/${top}`)))
  ).flat()
  const pids = (await list('/proc')).filter((entry) => /^\d+$/.test(entry))
  // A zombie is no process any more; this one's children are collected by Node a moment later.
  const cgroups = await Promise.all(
    pids.map(async (pid) => `${pid} ${await read(`/proc/${pid}/stat`)}${await read(`/proc/${pid}/cgroup`)}`),
  )
  const processes = cgroups
    .filter((text) => text.includes(`/pp-${name}/`) && !text.includes(') Z '))
    .map((text) => `process ${text.split(' ')[0] ?? ''}`)
  const files = [...(await list(labsFolder())), ...(await list('/run/pp-lab'))].filter((file) =>
    file.includes(name),
  )
  return [
    ...spaces,
    ...links,
    ...mounts,
    ...loops,
    ...groups.filter((group) => group === `pp-${name}`),
    ...processes,
    ...files,
  ]
}
