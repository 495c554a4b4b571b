import {randomUUID} from 'node:crypto'
import {fileURLToPath} from 'node:url'

import {migrate} from '@pixelpulse/common'

import {startKeys} from '../../test/servers/keys.ts'
import {startPostgres, type TestPostgres} from '../../test/servers/postgres.ts'
import {connect, type Client, type ClientOptions} from './client.ts'
import {startCollab, type TestCollab} from './collab.ts'
import {startProjects, type TestProjects} from './projects.ts'

/** All that collab needs, and any number of its instances and clients; `end` takes everything down. */
export interface World {
  readonly postgres: TestPostgres
  readonly projects: TestProjects
  tokenOf(user: string, expiresIn?: string): Promise<string>
  start(env?: Readonly<Record<string, string>>, port?: number): Promise<TestCollab>
  /** A design with members. */
  design(...members: readonly string[]): string
  open(at: {readonly url: string}, design: string, options?: Partial<ClientOptions>): Client
  end(): Promise<void>
}

export async function makeWorld(databaseUrl?: (postgres: TestPostgres) => Promise<string>): Promise<World> {
  const [postgres, keys, projects] = await Promise.all([startPostgres(), startKeys(), startProjects()])
  await migrate({
    url: postgres.url,
    schema: 'collab',
    folder: fileURLToPath(new URL('../migrations', import.meta.url)),
  })
  const url = (await databaseUrl?.(postgres)) ?? postgres.url
  const instances: TestCollab[] = []
  const clients: Client[] = []
  const tokenOf = (user: string, expiresIn?: string) => keys.tokenOf({id: user, name: user}, expiresIn)
  return {
    postgres,
    projects,
    tokenOf,
    async start(env = {}, port = 0) {
      const settings = {DATABASE_URL: url, PROJECTS_URL: projects.url, ...keys.settings, ...env}
      const instance = await startCollab(settings, port)
      instances.push(instance)
      return instance
    },
    design(...members) {
      const design = randomUUID()
      projects.members.set(design, new Set(members.length > 0 ? members : ['ada']))
      return design
    },
    open(at, design, options = {}) {
      const client = connect(at.url, design, {token: () => tokenOf('ada'), ...options})
      clients.push(client)
      return client
    },
    async end() {
      for (const client of clients) client.leave()
      await Promise.all(instances.map((instance) => instance.kill()))
      await Promise.all([keys.close(), projects.close(), postgres.remove()])
    },
  }
}
