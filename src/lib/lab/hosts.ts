/** What the lab knows of a host before it exists. */
export interface LabHostSpec {
  readonly name: string
  /** Last part of its address. */
  readonly number: number
  /** A disk of its own for the data of a database, an ext4 image at /var/lib/postgresql. */
  readonly hasDataDisk: boolean
  /** Has the programs of Kubernetes at /opt/kubernetes, and can run containers. */
  readonly hasKubernetes: boolean
}

export const profiles = ['database', 'cluster', 'full'] as const
export type Profile = (typeof profiles)[number]

const server = {hasDataDisk: false, hasKubernetes: false}
const database = {...server, hasDataDisk: true}
const kubernetes = {...server, hasKubernetes: true}

const databaseHosts: readonly LabHostSpec[] = [
  {name: 'db1', number: 11, ...database},
  {name: 'db2', number: 12, ...database},
  {name: 'db3', number: 13, ...database},
  {name: 'edge1', number: 21, ...server},
  {name: 'edge2', number: 22, ...server},
  {name: 'client1', number: 31, ...server},
]
const clusterHosts: readonly LabHostSpec[] = [
  {name: 'ctl1', number: 41, ...kubernetes},
  {name: 'node1', number: 51, ...kubernetes},
  {name: 'node2', number: 52, ...kubernetes},
]

/** Every host that a lab of this machine can have, whatever its profile. */
export const allHosts: readonly LabHostSpec[] = [...databaseHosts, ...clusterHosts]

/** Hosts of each profile, all on site rack. */
export const hostsOf: Readonly<Record<Profile, readonly LabHostSpec[]>> = {
  database: databaseHosts,
  cluster: clusterHosts,
  full: allHosts,
}
