import {cgroupHierarchies, isFrozen} from '../drivers/machine/cgroups.ts'
import {isRunning} from '../drivers/machine/processes.ts'
import {describeFault} from '../fault/faults.ts'
import {awsEndpoint} from './aws/emulator.ts'
import {pagesOf, type Page} from './cluster/pages.ts'
import {hostGroup} from './names.ts'
import {labPaths} from './paths.ts'
import {isPowered} from './power.ts'
import {brokenPart, describeSiteFault, linkName} from './site-faults.ts'
import {hasAws, hasCluster, hasDatabase, readRecord, type LabRecord} from './state.ts'
import {subnetOf} from './subnet.ts'

/** The link between the sites, or a node group that is broken. */
export interface LabPartStatus {
  readonly part: string
  /** In words; empty when nothing was broken. */
  readonly faults: readonly string[]
}

export interface LabAwsStatus {
  /** What AWS_ENDPOINT_URL is set to. */
  readonly endpoint: string
  readonly subnet: string
  /** Whether the process runs that makes hosts of what node groups ask for. */
  readonly isReconciled: boolean
  /** How many instances of node groups are hosts at most. */
  readonly realNodes: number
  /** Nodes that are only objects: what is said to run there does not. */
  readonly simulated: readonly string[]
}

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
  /** Where the sites serve the page. */
  readonly pages: readonly Page[]
  readonly hosts: readonly LabHostStatus[]
  /** null with one site. */
  readonly aws: LabAwsStatus | null
  readonly parts: readonly LabPartStatus[]
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
    pages: record ? pagesOf(record) : [],
    hosts,
    aws: record && hasAws(record) ? await awsStatus(record) : null,
    parts: record && hasAws(record) ? partsOf(record) : [],
  }
}

const awsStatus = async (record: LabRecord): Promise<LabAwsStatus> => ({
  endpoint: awsEndpoint(record),
  subnet: subnetOf(record.subnetIndex ?? 0, 'aws').cidr,
  isReconciled: record.reconciler !== null && (await isRunning(record.reconciler)),
  realNodes: record.realNodes,
  simulated: record.simulated.map(({node}) => node),
})

const partsOf = ({siteFaults}: LabRecord): readonly LabPartStatus[] =>
  [...new Set([linkName, ...siteFaults.map(brokenPart)])].map((part) => ({
    part,
    faults: siteFaults.filter((fault) => brokenPart(fault) === part).map(describeSiteFault),
  }))

function overall(hosts: readonly LabHostStatus[]): 'up' | 'partly' | 'off' {
  const on = hosts.filter(({power}) => power !== 'off').length
  return on === 0 ? 'off' : on === hosts.length ? 'up' : 'partly'
}
