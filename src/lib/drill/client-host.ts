import type {Cluster} from '../database/cluster.ts'
import {observeCluster} from '../database/observe.ts'
import type {Helper} from '../drivers/helper/types.ts'
import type {HostConnection} from '../drivers/ssh/types.ts'
import {refusal} from '../errors.ts'
import type {Fleet, Host} from '../fleet/types.ts'
import type {Vantage} from './probes/vantage.ts'

const connectSeconds = 2
/** Group of the inventory whose hosts stand where clients do; role `client` sets them up. */
const clientGroup = 'client'

/** A host that stands where clients do: probes look from it, and the marker writer runs on it. */
export interface ClientHost {
  readonly vantage: Vantage
  readonly helper: Helper
  close(): void
}

/**
 * Connects to the first client host of the inventory that answers.
 *
 * @throws PpError CLIENT_MISSING; what the last one said when none answers.
 */
export async function openClientHost(fleet: Fleet, cluster: Cluster): Promise<ClientHost> {
  const hosts = fleet.hosts.filter(({groups}) => groups.includes(clientGroup))
  let failure: unknown = clientMissing(fleet)
  for (const host of hosts) {
    try {
      return await openOne(fleet, cluster, host)
    } catch (error) {
      failure = error
    }
  }
  throw failure
}

async function openOne(fleet: Fleet, cluster: Cluster, host: Host): Promise<ClientHost> {
  const {openHost} = await import('../drivers/ssh/open-host.ts')
  const connection = await openHost(host, fleet.ssh, {connectSeconds})
  const helper = await connection.openHelper()
  return {
    vantage: vantageFrom(fleet, cluster, connection),
    helper,
    close() {
      helper.close()
      connection.close()
    },
  }
}

function vantageFrom(fleet: Fleet, cluster: Cluster, connection: HostConnection): Vantage {
  const {database} = cluster
  return {
    host: connection.host,
    fleet,
    connect: (host, port) => connection.forwardTcp(addressOf(fleet, host), port),
    poolers: database.poolers.map((host) => ({
      host,
      port: cluster.links(host).poolerPort ?? defaultPoolerPort,
    })),
    database: database.applicationDatabases[0] ?? database.maintenanceDatabase,
    async login() {
      const {user, password} = database.users.probe
      return {user, password: await password.read()}
    },
    observe: () => observeCluster(cluster),
  }
}

/** Where PgBouncer usually listens, for a pooler that did not answer when it was asked. */
const defaultPoolerPort = 6432

/** A host of the inventory by its address there; anything else as it is written. */
const addressOf = (fleet: Fleet, name: string): string =>
  fleet.hosts.find((host) => host.name === name)?.address ?? name

const clientMissing = (fleet: Fleet) =>
  refusal('CLIENT_MISSING', {
    message: `The inventory of ${fleet.name}/${fleet.environment} has no host in group ${clientGroup}: an outage is measured from where clients are.`,
    hint: `Add one to group ${clientGroup} of the inventory, then: ansible-playbook -i INVENTORY playbooks/ansible/site.yml`,
  })
