import {stopLabProcesses} from './aws/process.ts'
import {existsSync} from 'node:fs'
import {cgroupHierarchies, removeCgroup} from '../drivers/machine/cgroups.ts'
import {allHosts} from './hosts.ts'
import {hostNamespace, labGroup, namespaceFile, switchNamespace} from './names.ts'
import {removeSwitches} from './network.ts'
import {powerOff} from './power.ts'
import {sites} from './sites.ts'

/** Ends every process, namespace, link, loop device and group of a lab; found by name, so no record is needed. */
export async function removeRemains(lab: string): Promise<void> {
  // First: they would make hosts and nodes again.
  await stopLabProcesses(lab)
  await Promise.all(
    allHosts.map((host) =>
      powerOff(lab, {...host, ip: '', mac: '', supervisor: null, init: null, instance: null}),
    ),
  )
  await removeSwitches(lab)
  await removeCgroup(await cgroupHierarchies(), labGroup(lab))
}

/** Names of what is left of a lab in the kernel; empty when nothing is. */
export async function remainsOf(lab: string): Promise<readonly string[]> {
  const spaces = [
    ...sites.map((site) => switchNamespace(lab, site)),
    ...allHosts.map(({name}) => hostNamespace(lab, name)),
  ]
  const groups = (await cgroupHierarchies()).map(({mountPoint}) => `${mountPoint}/${labGroup(lab)}`)
  return [...spaces.map(namespaceFile), ...groups].filter((path) => existsSync(path))
}
