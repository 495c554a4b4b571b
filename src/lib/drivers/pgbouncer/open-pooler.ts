import {isIP} from 'node:net'
import {setTimeout as sleep} from 'node:timers/promises'
import {unavailableError, PpError} from '../../errors.ts'
import type {HostConnection} from '../ssh/types.ts'
import type {Console} from './console.ts'
import {consoleName, isSaid, openConsole} from './console.ts'
import {
  parseAddresses,
  parseClients,
  parseConfig,
  parseDatabases,
  parsePools,
  parseServers,
  parseVersion,
} from './rows.ts'
import type {
  PoolerAddress,
  PoolerClient,
  PoolerConfig,
  PoolerCredential,
  PoolerDatabase,
  PoolerPool,
  PoolerProcess,
  PoolerServer,
} from './types.ts'

/** How long a console command that does not wait for transactions may take, seconds. */
const commandSeconds = 2

/**
 * Opens both consoles of one PgBouncer process.
 *
 * @throws PpError what `forwardSocket` and `openSql` throw.
 */
export async function openPooler(
  connection: HostConnection,
  process: PoolerAddress,
  credential: PoolerCredential,
): Promise<PoolerProcess> {
  const open = (): Promise<Console> => openConsole(connection, process, credential)
  const opening = await Promise.allSettled([open(), open()])
  const consoles = opening.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  const [first, second] = consoles
  if (!first || !second) {
    for (const console of consoles) console.destroy()
    throw opening.find((one) => one.status === 'rejected')?.reason as Error
  }
  const version = parseVersion(await second.ask('SHOW VERSION', commandSeconds))
  return new Pooler(connection.host, process.name, version, first, second, open)
}

class Pooler implements PoolerProcess {
  readonly host: string
  readonly process: string
  readonly version: string
  readonly #second: Console
  readonly #open: () => Promise<Console>
  /** Entries that a guard has taken out: they let nobody through until the target file is back and reloaded. */
  readonly #absent = new Set<string>()
  #first: Console

  constructor(
    host: string,
    process: string,
    version: string,
    first: Console,
    second: Console,
    open: () => Promise<Console>,
  ) {
    this.host = host
    this.process = process
    this.version = version
    this.#first = first
    this.#second = second
    this.#open = open
  }

  get lost(): AbortSignal {
    return this.#second.lost
  }

  async pause(
    db: string,
    {timeoutSeconds = commandSeconds}: {readonly timeoutSeconds?: number} = {},
  ): Promise<void> {
    try {
      await this.#first.ask(`PAUSE ${consoleName(db)}`, timeoutSeconds)
    } catch (error) {
      if (isSaid(error, /already (suspended\/)?paused/i)) return
      if (isSaid(error, /no such database/i)) {
        this.#absent.add(db)
        return
      }
      throw isTimeOut(error) ? this.#pausePending(db, timeoutSeconds, error) : error
    }
  }

  async hold(dbs: readonly string[]): Promise<readonly string[]> {
    await this.reopen()
    // Which answer is whose cannot be told while one is pending, so none is read.
    this.#first
      .askTogether(
        dbs.map((db) => `PAUSE ${consoleName(db)}`),
        commandSeconds,
      )
      .catch(() => undefined)
    const deadline = performance.now() + 1000
    try {
      for (;;) {
        const left = (await this.databases()).filter(({name, isPaused}) => dbs.includes(name) && !isPaused)
        if (left.length === 0 || performance.now() > deadline) return left.map(({name}) => name)
        await sleep(5)
      }
    } finally {
      this.#first.destroy()
    }
  }

  async resume(db: string): Promise<void> {
    try {
      await this.#ask(`RESUME ${consoleName(db)}`)
    } catch (error) {
      if (!isSaid(error, /not paused/i)) throw error
    }
  }

  async takeBack(db: string): Promise<void> {
    if (!this.#absent.has(db)) await this.resume(db)
    // Its PAUSE, when still pending, is never answered after that RESUME; a later PAUSE elsewhere would answer it.
    this.#first.destroy()
    const entry = (await this.databases()).find(({name}) => name === db)
    if (entry?.isPaused) throw this.#stillPaused(db)
  }

  async reopen(): Promise<void> {
    if (this.#first.lost.aborted) this.#first = await this.#open()
  }

  async reload(): Promise<void> {
    this.#absent.clear()
    await this.#ask('RELOAD')
  }

  async reloadAndResume(dbs: readonly string[]): Promise<void> {
    this.#absent.clear()
    const resumes = dbs.map((db) => `RESUME ${consoleName(db)}`)
    const answers = await this.#second.askTogether(['RELOAD', setLoginRetry(0), ...resumes], commandSeconds)
    const refused = answers.find(
      (answer) => answer.status === 'rejected' && !isSaid(answer.reason, /not paused/i),
    )
    if (refused?.status === 'rejected') throw refused.reason
  }

  async kill(db: string): Promise<void> {
    await this.#ask(`KILL ${consoleName(db)}`)
  }

  async disable(db: string): Promise<void> {
    await this.#ask(`DISABLE ${consoleName(db)}`)
  }

  async enable(db: string): Promise<void> {
    await this.#ask(`ENABLE ${consoleName(db)}`)
  }

  async setLoginRetry(seconds: number): Promise<void> {
    await this.#ask(setLoginRetry(seconds))
  }

  async databases(): Promise<readonly PoolerDatabase[]> {
    return parseDatabases(await this.#ask('SHOW DATABASES'))
  }

  async servers(): Promise<readonly PoolerServer[]> {
    return parseServers(await this.#ask('SHOW SERVERS'))
  }

  async clients(): Promise<readonly PoolerClient[]> {
    return parseClients(await this.#ask('SHOW CLIENTS'))
  }

  async pools(): Promise<readonly PoolerPool[]> {
    return parsePools(await this.#ask('SHOW POOLS'))
  }

  async config(): Promise<PoolerConfig> {
    return parseConfig(await this.#ask('SHOW CONFIG'))
  }

  async isDrained(db: string, member?: string): Promise<boolean> {
    // In this order: before the pause is in force, an idle pool has no connection either, and a client may open one.
    const entry = (await this.databases()).find(({name}) => name === db)
    if (!entry && this.#absent.has(db)) return true
    if (!entry?.isPaused) return false
    const open = (await this.servers()).filter(({database}) => database === db)
    if (open.length === 0) return true
    if (member === undefined) return false
    const addresses = await this.#addressesOf(member)
    return (
      addresses.length > 0 && open.every(({address}) => isIP(address) !== 0 && !addresses.includes(address))
    )
  }

  async #addressesOf(member: string): Promise<readonly string[]> {
    if (isIP(member) !== 0) return [member]
    return parseAddresses(await this.#ask('SHOW DNS_HOSTS'), member)
  }

  close(): void {
    this.#first.destroy()
    this.#second.destroy()
  }

  #ask(command: string): ReturnType<Console['ask']> {
    return this.#second.ask(command, commandSeconds)
  }

  #pausePending(db: string, seconds: number, cause: unknown): PpError {
    return unavailableError('POOLER_PAUSE_TIMED_OUT', {
      message: `${this.process} on ${this.host} could not close its connections of ${db} within ${seconds} s.`,
      hint: 'pp db status',
      cause,
    })
  }

  #stillPaused(db: string): PpError {
    return new PpError('human', 'POOLER_STILL_PAUSED', {
      message: `${this.process} on ${this.host} still shows ${db} paused after RESUME.`,
      hint: 'pp db status',
    })
  }
}

function setLoginRetry(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) throw new TypeError(`not a number of seconds: ${seconds}`)
  return `SET server_login_retry='${seconds}'`
}

const isTimeOut = (error: unknown): boolean => error instanceof PpError && error.code === 'POOLER_TIMED_OUT'
