/** What the lab knows of a host before it exists. */
export interface LabHostSpec {
  readonly name: string
  /** Last part of its address. */
  readonly number: number
  /** A disk of its own for the data of a database, an ext4 image at /var/lib/postgresql. */
  readonly hasDataDisk: boolean
}

/** Hosts of the profile `database`, all on site rack. */
export const databaseHosts: readonly LabHostSpec[] = [
  {name: 'db1', number: 11, hasDataDisk: true},
  {name: 'db2', number: 12, hasDataDisk: true},
  {name: 'db3', number: 13, hasDataDisk: true},
  {name: 'edge1', number: 21, hasDataDisk: false},
  {name: 'edge2', number: 22, hasDataDisk: false},
  {name: 'client1', number: 31, hasDataDisk: false},
]
