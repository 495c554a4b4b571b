import {cgroupHierarchies, isFrozen} from '../drivers/machine/cgroups.ts'
import {describeFault} from '../fault/faults.ts'
import {hostGroup} from './names.ts'
import {labPaths} from './paths.ts'
import {isPowered} from './power.ts'
import {hasCluster, hasDatabase, readRecord} from './state.ts'
import {subnetOf} from './subnet.ts'

export interface LabHostStatus {
  readonly host: string
  readonly ip: string
  readonly power: 'on' | 'frozen' | 'off'
  /** systemd of the host, as this machine numbers it. */
  readonly pid: number | null
  /** In words; empty when nothing was broken. */
  readonly faults: readonly string[]
}

export interface LabStatus {
  readonly lab: string
  readonly state: 'up' | 'partly' | 'off' | 'absent'
  readonly profile: string | null
  /** null without a database. */
  readonly synchronous: boolean | null
  readonly isSetUp: boolean
  readonly subnet: string | null
  readonly folder: string
  /** How to reach its cluster; null without one. */
  readonly kubeconfig: string | null
  readonly hosts: readonly LabHostStatus[]
}

/** What there is of a lab now; asks the kernel, never the hosts, and changes nothing. */
export async function labStatus(lab: string): Promise<LabStatus> {
  const record = await readRecord(lab)
  const hierarchies = await cgroupHierarchies()
  const hosts = await Promise.all(
    (record?.hosts ?? []).map(async (host): Promise<LabHostStatus> => {
      const on = await isPowered(host)
      const frozen = on && (await isFrozen(hierarchies, hostGroup(lab, host.name)))
      const faults = record?.faults.filter((fault) => fault.host === host.name).map(describeFault) ?? []
      return {host: host.name, ip: host.ip, power: on ? (frozen ? 'frozen' : 'on') : 'off', pid: on ? (host.init?.pid ?? null) : null, faults} // prettier-ignore
    }),
  )
  return {
    lab,
    state: record ? overall(hosts) : 'absent',
    profile: record?.profile ?? null,
    synchronous: record && hasDatabase(record) ? record.synchronous : null,
    isSetUp: record !== undefined && record.setUp !== null,
    subnet: record && record.subnetIndex !== null ? subnetOf(record.subnetIndex).cidr : null,
    folder: labPaths(lab).state,
    kubeconfig: record && hasCluster(record) ? labPaths(lab).kubeconfig : null,
    hosts,
  }
}

function overall(hosts: readonly LabHostStatus[]): 'up' | 'partly' | 'off' {
  const on = hosts.filter(({power}) => power !== 'off').length
  return on === 0 ? 'off' : on === hosts.length ? 'up' : 'partly'
}
