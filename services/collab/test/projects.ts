import {once} from 'node:events'
import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'

import {decodeJwt} from 'jose'

/** Stands for `projects`: answers `GET /designs/:id` as that does, for members and for others. */
export interface TestProjects {
  readonly url: string
  /** Ids of users, by design. */
  readonly members: Map<string, Set<string>>
  /** All requests fail while this is so. */
  isAway: boolean
  requests: number
  close(): Promise<void>
}

export async function startProjects(): Promise<TestProjects> {
  const server = createServer((request, response) => {
    projects.requests += 1
    const [, design = ''] = /^\/designs\/([\w-]+)$/.exec(request.url ?? '') ?? []
    const {sub = ''} = decodeJwt(request.headers.authorization?.replace('Bearer ', '') ?? '')
    const isMember = projects.members.get(design)?.has(sub) ?? false
    response.statusCode = projects.isAway ? 503 : isMember ? 200 : 404
    response.end('{}')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const projects: TestProjects = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    members: new Map(),
    isAway: false,
    requests: 0,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return projects
}
