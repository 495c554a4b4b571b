import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

const inventory = `
all:
  vars: {site: rack}
  children:
    database_main: {hosts: {db1: , db2: , db3: }}
    pooler_main: {hosts: {edge1: {ansible_host: 10.0.0.4, ansible_port: 2222}, edge2: }}
`

const fleet = `
name: shop
defaultEnvironment: rack
databases:
  main:
    engine: streaming
    members: database_main
    poolers: pooler_main
    maintenanceDatabase: postgres
    applicationDatabases: [shop]
    connect: ssh
    tls: {mode: disable}
    users:
      admin: {user: admin, password: 'file:admin'}
      probe: {user: probe, password: 'env:PROBE'}
    clientTimeoutSeconds: 30
environments:
  rack: {inventory: hosts.yaml}
`

/** A folder with a valid fleet file and inventory, which a test may write over. */
export class TemporaryFleet implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'pp-fleet-'))
  readonly file = join(this.folder, 'fleet.yaml')

  constructor() {
    this.write('fleet.yaml', fleet)
    this.write('hosts.yaml', inventory)
  }

  write(name: string, text: string, mode = 0o600): void {
    writeFileSync(join(this.folder, name), text, {mode})
  }

  /** @param change gets the valid text and returns what the file shall be. */
  rewrite(change: (text: string) => string): void {
    this.write('fleet.yaml', change(fleet))
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, {recursive: true})
  }
}
