import {readFileSync} from 'node:fs'
import {join} from 'node:path'

import type {Cluster} from '../../database/cluster.ts'
import {packageRoot} from '../../package-root.ts'

/** What was rehearsed with: pp, Node, and what the hosts run, as far as they answer. */
export async function versionsOf(cluster: Cluster): Promise<Readonly<Record<string, string>>> {
  const {version} = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {version: string}
  const servers = await Promise.all(
    cluster.database.members.map((host) => serverVersion(cluster, host).catch(() => undefined)),
  )
  const helpers = cluster.allLinks.map(({acts}) => acts?.hello.version)
  return {
    pp: version,
    Node: process.versions.node,
    PostgreSQL: oneEach(servers),
    'pp-host': oneEach(helpers),
  }
}

async function serverVersion(cluster: Cluster, host: string): Promise<string | undefined> {
  const session = await cluster.maintenance(host)
  const [row] = await session.query<{server_version: string}>('show server_version')
  return row?.server_version
}

const oneEach = (versions: readonly (string | undefined)[]): string =>
  [...new Set(versions.filter((version) => version !== undefined))].join(', ') || 'unknown'
