import {apiHost, nodeSlots} from './aws/slots.ts'
import type {Site} from './sites.ts'

/** What the lab knows of a host before it exists. */
export interface LabHostSpec {
  readonly name: string
  readonly site: Site
  /** Last part of its address. */
  readonly number: number
  /** A disk of its own for the data of a database, an ext4 image at /var/lib/postgresql. */
  readonly hasDataDisk: boolean
  /** Has the programs that the lab has built at /opt/kubernetes, and can run containers. */
  readonly hasKubernetes: boolean
}

export const profiles = ['database', 'rack', 'cluster', 'full'] as const
export type Profile = (typeof profiles)[number]

const server = {site: 'rack', hasDataDisk: false, hasKubernetes: false} as const
const database = {...server, hasDataDisk: true}
const kubernetes = {...server, hasKubernetes: true} as const
const onAws = {...kubernetes, site: 'aws'} as const

const databaseHosts: readonly LabHostSpec[] = [
  {name: 'db1', number: 11, ...database},
  {name: 'db2', number: 12, ...database},
  {name: 'db3', number: 13, ...database},
  {name: 'edge1', number: 21, ...server},
  {name: 'edge2', number: 22, ...server},
  {name: 'client1', number: 31, ...server},
]
const rackHosts: readonly LabHostSpec[] = [
  {name: 'ctl1', number: 41, ...kubernetes},
  {name: 'node1', number: 51, ...kubernetes},
  {name: 'node2', number: 52, ...kubernetes},
]

/** Where Prometheus runs that looks at both clusters. */
export const monitoringHost = 'mon1'
const monitoringHosts: readonly LabHostSpec[] = [{name: monitoringHost, number: 61, ...server}]

/** The emulator of AWS, and the control plane of the cluster whose nodes its node groups make. */
const awsHosts: readonly LabHostSpec[] = [
  {name: apiHost, number: 5, ...onAws, hasKubernetes: false},
  {name: 'aws-ctl', number: 41, ...onAws},
]
const nodesOfGroups: readonly LabHostSpec[] = nodeSlots.map(({name, number}) => ({name, number, ...onAws}))

/** Every host that a lab of this machine can have, whatever its profile. */
export const allHosts: readonly LabHostSpec[] = [
  ...databaseHosts,
  ...rackHosts,
  ...monitoringHosts,
  ...awsHosts,
  ...nodesOfGroups,
]

/** Hosts of each profile; those of node groups come and go beside them. */
export const hostsOf: Readonly<Record<Profile, readonly LabHostSpec[]>> = {
  database: databaseHosts,
  rack: rackHosts,
  cluster: [...rackHosts, ...awsHosts],
  full: [...databaseHosts, ...rackHosts, ...monitoringHosts, ...awsHosts],
}

/** @throws Error for a host that no lab has. */
export function hostSpec(host: string): LabHostSpec {
  const found = allHosts.find(({name}) => name === host)
  if (!found) throw new Error(`no lab has a host ${host}`)
  return found
}
