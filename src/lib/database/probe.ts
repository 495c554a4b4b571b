import {setTimeout as sleep} from 'node:timers/promises'

import type {SqlSession} from '../drivers/postgres/types.ts'
import type {Cluster} from './cluster.ts'

const paceMs = 5

export interface ProbeFigures {
  readonly attempted: number
  readonly failed: number
  readonly longestWaitMs: number
  /** Longest time between two acknowledged writes; undefined when fewer than two were acknowledged. */
  readonly writeGapMs: number | undefined
}

/** Numbered writes through every pooler host, as clients make them: what they see is what the operation cost. */
export class ProbeClient {
  readonly #sessions: readonly SqlSession[]
  readonly #loops: readonly Promise<void>[]
  readonly #acknowledgedAt: number[] = []
  #attempted = 0
  #failed = 0
  #longestWaitMs = 0
  #isRunning = true

  private constructor(sessions: readonly SqlSession[], writer: string) {
    this.#sessions = sessions
    this.#loops = sessions.map((session, index) => this.#write(session, `${writer} ${index}`))
  }

  /** Connects to every pooler host that answers; a host that does not is left out. */
  static async start(cluster: Cluster, operation: string): Promise<ProbeClient> {
    const {user, password} = cluster.database.users.probe
    const value = await password.read()
    const opened = await Promise.allSettled(
      cluster.database.poolers.map((host) => openThrough(cluster, host, user, value)),
    )
    const sessions = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    // Numbers begin anew where an operation is gone on with, and a row is there once.
    return new ProbeClient(sessions, `probe ${operation} ${Date.now().toString(36)}`)
  }

  async #write(session: SqlSession, writer: string): Promise<void> {
    for (let n = 1; this.#isRunning; n++) {
      const startedAt = performance.now()
      this.#attempted++
      try {
        await session.query('insert into pp.probe (writer, n) values ($1, $2)', [writer, n], {
          timeoutSeconds: 60,
        })
        const now = performance.now()
        this.#acknowledgedAt.push(now)
        this.#longestWaitMs = Math.max(this.#longestWaitMs, now - startedAt)
      } catch {
        this.#failed++
        // A lost connection is not opened again: nothing may connect inside the window, and one failure says enough.
        if (session.lost.aborted) return
      }
      await sleep(paceMs)
    }
  }

  /** What clients saw so far that a planned change has promised they would not; empty when there is nothing. */
  findings(): readonly string[] {
    return this.#failed === 0 ? [] : [`${this.#failed} of ${this.#attempted} probe transactions failed`]
  }

  async stop(): Promise<ProbeFigures> {
    this.#isRunning = false
    await Promise.race([Promise.all(this.#loops), sleep(2000)])
    await Promise.all(this.#sessions.map((session) => session.close()))
    const gaps = this.#acknowledgedAt
      .sort((one, other) => one - other)
      .slice(1)
      .map((at, index) => at - (this.#acknowledgedAt[index] ?? at))
    return {
      attempted: this.#attempted,
      failed: this.#failed,
      longestWaitMs: round(this.#longestWaitMs),
      writeGapMs: gaps.length > 0 ? round(Math.max(...gaps)) : undefined,
    }
  }
}

async function openThrough(
  cluster: Cluster,
  host: string,
  user: string,
  password: string,
): Promise<SqlSession> {
  const {connection, poolerPort: port} = cluster.links(host)
  if (!connection || port === undefined) throw new Error(`${host} does not answer`)
  const {openSql} = await import('../drivers/postgres/open-sql.ts')
  return openSql({
    host,
    port,
    stream: await connection.forwardTcp('127.0.0.1', port),
    user,
    password,
    database: cluster.database.applicationDatabases[0] ?? '',
    tls: {mode: 'disable'}, // inside the SSH connection
    applicationName: 'pp probe',
    isPooled: true,
  })
}

const round = (ms: number): number => Math.round(ms * 10) / 10
