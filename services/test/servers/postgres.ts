import {makeServer} from '../../../test/lab/postgres.ts'

/** A PostgreSQL server of a test's own on loopback; stopped and started it has the same port and data. */
export interface TestPostgres {
  readonly url: string
  /** kill -9; returns once it is gone. */
  kill(): Promise<void>
  start(): Promise<void>
  query(sql: string): Promise<readonly Record<string, unknown>[]>
  remove(): Promise<void>
}

export async function startPostgres(): Promise<TestPostgres> {
  const server = await makeServer()
  await server.start()
  return {
    url: `postgres://postgres@127.0.0.1:${server.port}/postgres`,
    kill: () => server.kill(),
    start: () => server.start(),
    query: (sql) => server.query(sql),
    remove: () => server.remove(),
  }
}
