import {existsSync} from 'node:fs'
import {cgroupHierarchies, removeCgroup} from '../drivers/machine/cgroups.ts'
import {allHosts} from './hosts.ts'
import {hostNamespace, labGroup, namespaceFile, switchNamespace} from './names.ts'
import {removeSwitch} from './network.ts'
import {powerOff} from './power.ts'

/** Ends every process, namespace, link, loop device and group of a lab; found by name, so no record is needed. */
export async function removeRemains(lab: string): Promise<void> {
  await Promise.all(
    allHosts.map((host) => powerOff(lab, {...host, ip: '', mac: '', supervisor: null, init: null})),
  )
  await removeSwitch(lab)
  await removeCgroup(await cgroupHierarchies(), labGroup(lab))
}

/** Names of what is left of a lab in the kernel; empty when nothing is. */
export async function remainsOf(lab: string): Promise<readonly string[]> {
  const spaces = [switchNamespace(lab), ...allHosts.map(({name}) => hostNamespace(lab, name))]
  const groups = (await cgroupHierarchies()).map(({mountPoint}) => `${mountPoint}/${labGroup(lab)}`)
  return [...spaces.map(namespaceFile), ...groups].filter((path) => existsSync(path))
}
