import {setTimeout as sleep} from 'node:timers/promises'

import type {Helper} from '../drivers/helper/types.ts'
import type {HostStatus} from '../drivers/helper/verbs.ts'
import type {PoolerProcess} from '../drivers/pgbouncer/types.ts'
import type {SqlSession} from '../drivers/postgres/types.ts'
import type {HostConnection} from '../drivers/ssh/types.ts'
import {messageOf, unavailableError} from '../errors.ts'
import {findHost} from '../fleet/lookup.ts'
import type {Database, Fleet} from '../fleet/types.ts'
import {ConninfoSecrets} from './conninfo-secrets.ts'

const connectSeconds = 2
const retryMs = 3000
/** A host that answers is logged in to before. */
const switchAfterMs = 400

/** Everything that is open to one host. What could not be opened is missing, with the reason in `problems`. */
export interface HostLinks {
  readonly host: string
  readonly connection: HostConnection | undefined
  readonly acts: Helper | undefined
  /** An act may take seconds, and the lease must not wait for it. Opened by `openLeases`. */
  readonly lease: Helper | undefined
  readonly poolers: readonly PoolerProcess[]
  /** Where its PostgreSQL and its PgBouncers listen, as the inventory has told the host; undefined where it runs none. */
  readonly databasePort: number | undefined
  readonly poolerPort: number | undefined
  /** Where a pooler's host connects to each member. */
  readonly memberAddresses: readonly {
    readonly host: string
    readonly address: string
    readonly port: number
  }[]
  readonly problems: string[]
}

/** Open connections to all hosts of one database: members, poolers, voters. */
export class Cluster {
  readonly fleet: Fleet
  readonly database: Database
  readonly conninfoSecrets = new ConninfoSecrets()
  readonly #links = new Map<string, HostLinks>()
  readonly #sessions = new Map<string, SqlSession>()
  readonly #failedAt = new Map<string, number>()
  readonly #loggedIn = new Set<string>()
  readonly #firstStatus = new Map<string, HostStatus>()
  #leases: Promise<unknown> | undefined

  private constructor(fleet: Fleet, database: Database) {
    this.fleet = fleet
    this.database = database
  }

  /**
   * Connects to all hosts at once; one that does not answer costs its own deadline only.
   *
   * @param absent a host that is not waited for once all others are connected and its power switch says off. The switch
   *   is asked only when the host takes long to log in to.
   */
  static async open(
    fleet: Fleet,
    database: Database,
    absent?: {readonly host: string; readonly isOff: () => Promise<boolean>},
  ): Promise<Cluster> {
    const cluster = new Cluster(fleet, database)
    const hosts = new Set([...database.members, ...database.poolers, ...database.voters])
    const connecting = new Map([...hosts].map((host) => [host, cluster.connect(host)]))
    const awaited = absent && connecting.get(absent.host)
    if (!awaited) {
      await Promise.all(connecting.values())
      return cluster
    }
    connecting.delete(absent.host)
    const isOff = cluster.#isSilentAndOff(absent.host, absent.isOff)
    await Promise.all(connecting.values())
    await cluster.#awaitUnlessOff(absent.host, awaited, isOff)
    return cluster
  }

  async #isSilentAndOff(host: string, isOff: () => Promise<boolean>): Promise<boolean> {
    await sleep(switchAfterMs)
    return !this.#loggedIn.has(host) && (await isOff())
  }

  /** Should it answer later all the same, its links take the place of the empty ones. */
  async #awaitUnlessOff(
    host: string,
    connecting: Promise<HostLinks>,
    isOff: Promise<boolean>,
  ): Promise<void> {
    const isAnswering = connecting.then(() => false)
    const isGivenUp = await Promise.race([isAnswering, isOff])
    if (!isGivenUp || this.#loggedIn.has(host)) {
      await connecting
      return
    }
    this.#links.set(host, noLinks(host, `${host} does not answer SSH yet, and its power switch says off`))
    this.#failedAt.set(host, performance.now())
  }

  /**
   * Connects again what is not connected to this host; repeated calls are cheap.
   *
   * @param insist try again also when the last try has failed a moment ago.
   */
  async connect(host: string, {insist = false} = {}): Promise<HostLinks> {
    const known = this.#links.get(host)
    if (known?.connection && !known.connection.closed.aborted && known.acts && !known.acts.gone.aborted)
      return known
    // A dead host costs its deadline each time it is asked.
    const hasJustFailed = performance.now() - (this.#failedAt.get(host) ?? -Infinity) < retryMs
    if (known && hasJustFailed && !insist) return known
    known?.connection?.close()
    const links = await this.#openLinks(host)
    this.#links.set(host, links)
    if (!links.acts) this.#failedAt.set(host, performance.now())
    if (this.#leases) await this.#openLease(links)
    return this.links(host)
  }

  async #openLinks(host: string): Promise<HostLinks> {
    const problems: string[] = []
    const attempt = attemptNoting(problems)
    const {openHost} = await import('../drivers/ssh/open-host.ts')
    const connection = await attempt(openHost(findHost(this.fleet, host), this.fleet.ssh, {connectSeconds}))
    if (connection) this.#loggedIn.add(host)
    const acts = connection && (await attempt(connection.openHelper()))
    const status =
      acts && (await attempt(acts.call('status', {target: this.database.name}, {timeoutSeconds: 2})))
    if (status && !this.#links.has(host)) this.#firstStatus.set(host, status)
    const poolers = connection && status ? await attempt(this.#openPoolers(connection, status)) : []
    return {
      host,
      connection,
      acts,
      lease: undefined,
      poolers: poolers ?? [],
      databasePort: status?.database?.port,
      poolerPort: status?.pooler?.processes[0]?.port,
      memberAddresses: status?.pooler?.members ?? [],
      problems,
    }
  }

  /** What only a change needs, so that a mere look starts half as many helpers; repeated calls are cheap. */
  async openLeases(): Promise<void> {
    this.#leases ??= Promise.all(this.allLinks.map((links) => this.#openLease(links)))
    await this.#leases
  }

  async #openLease(links: HostLinks): Promise<void> {
    const {host, connection, acts, problems} = links
    if (!connection || !acts) return
    const lease = await attemptNoting(problems)(connection.openHelper())
    // It may have been connected anew meanwhile.
    if (this.#links.get(host) === links) this.#links.set(host, {...links, lease})
    else lease?.close()
  }

  /** Helpers of the voters that answer. */
  get voters(): readonly Helper[] {
    return this.database.voters.flatMap((host) => this.links(host).acts ?? [])
  }

  async #openPoolers(connection: HostConnection, status: HostStatus): Promise<readonly PoolerProcess[]> {
    const {openPooler} = await import('../drivers/pgbouncer/open-pooler.ts')
    const credential = await this.#adminCredential()
    return Promise.all(
      (status.pooler?.processes ?? []).map((process) => openPooler(connection, process, credential)),
    )
  }

  links(host: string): HostLinks {
    const links = this.#links.get(host)
    if (!links) throw new Error(`${host} is no host of ${this.database.name}`)
    return links
  }

  get allLinks(): readonly HostLinks[] {
    return [...this.#links.values()]
  }

  /**
   * What a host says of itself; the first time what it said a moment ago when it was connected.
   *
   * @throws PpError HOST_UNREACHABLE.
   */
  async status(host: string): Promise<HostStatus> {
    const first = this.#firstStatus.get(host)
    this.#firstStatus.delete(host)
    return first ?? this.acts(host).call('status', {target: this.database.name}, {timeoutSeconds: 2})
  }

  /** @throws PpError HOST_UNREACHABLE. */
  acts(host: string): Helper {
    const {acts, problems} = this.links(host)
    if (!acts || acts.gone.aborted) throw hostUnreachable(host, problems)
    return acts
  }

  /** Where the hosts connect to a member's database, as the poolers' hosts know it. */
  addressOf(host: string): {readonly address: string; readonly port: number} | undefined {
    const known = this.allLinks.flatMap((links) => links.memberAddresses).find((one) => one.host === host)
    return known && {address: known.address, port: known.port}
  }

  poolers(host: string): readonly PoolerProcess[] {
    return this.links(host).poolers
  }

  /** A session in the maintenance database of a member; opened anew when the last one has ended. */
  maintenance(host: string): Promise<SqlSession> {
    return this.session(host, this.database.maintenanceDatabase)
  }

  /** A session in the first service database of a member, for write probes and what is stored there. */
  application(host: string): Promise<SqlSession> {
    return this.session(host, this.database.applicationDatabases[0] ?? this.database.maintenanceDatabase)
  }

  /** A session in a database of its server by that name. */
  async session(host: string, database: string): Promise<SqlSession> {
    const key = `${host}/${database}`
    const known = this.#sessions.get(key)
    if (known && !known.lost.aborted) return known
    const session = await this.#openSession(host, database)
    this.#sessions.set(key, session)
    return session
  }

  async #openSession(host: string, database: string): Promise<SqlSession> {
    // Without the helper SQL is worth a try where PostgreSQL usually listens.
    const {connection, databasePort: port = 5432, problems} = await this.connect(host)
    if (!connection) throw hostUnreachable(host, problems)
    const {openSql} = await import('../drivers/postgres/open-sql.ts')
    return openSql({
      host: findHost(this.fleet, host).address,
      port,
      stream: this.database.connect === 'ssh' ? await connection.forwardTcp('127.0.0.1', port) : undefined,
      ...(await this.#adminCredential()),
      database,
      tls: this.database.tls,
      applicationName: 'pp',
      connectSeconds,
    })
  }

  async #adminCredential(): Promise<{readonly user: string; readonly password: string}> {
    const {user, password} = this.database.users.admin
    return {user, password: await password.read()}
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sessions.values()].map((session) => session.close()))
    for (const {connection, poolers, acts, lease} of this.#links.values()) {
      for (const pooler of poolers) pooler.close()
      acts?.close()
      lease?.close()
      connection?.close()
    }
  }
}

/** Says undefined for what fails, and keeps why. */
const attemptNoting =
  (problems: string[]) =>
  async <T>(what: Promise<T>): Promise<T | undefined> => {
    try {
      return await what
    } catch (error) {
      problems.push(messageOf(error))
      return undefined
    }
  }

const noLinks = (host: string, problem: string): HostLinks => ({
  host,
  connection: undefined,
  acts: undefined,
  lease: undefined,
  poolers: [],
  databasePort: undefined,
  poolerPort: undefined,
  memberAddresses: [],
  problems: [problem],
})

function hostUnreachable(host: string, problems: readonly string[]) {
  return unavailableError('HOST_UNREACHABLE', {
    message: `${host} does not answer: ${problems.join('; ') || 'the connection was lost'}`,
    hint: 'pp status',
  })
}
