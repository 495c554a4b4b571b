import {appendFile} from 'node:fs/promises'
import {setTimeout as sleep} from 'node:timers/promises'
import {afterAll, afterEach, beforeAll, expect, test} from '@jest/globals'
import {openPooler} from '../../../src/lib/drivers/pgbouncer/open-pooler.ts'
import type {PoolerDatabase, PoolerProcess} from '../../../src/lib/drivers/pgbouncer/types.ts'
import {openSql} from '../../../src/lib/drivers/postgres/open-sql.ts'
import type {SqlSession} from '../../../src/lib/drivers/postgres/types.ts'
import {openHost} from '../../../src/lib/drivers/ssh/open-host.ts'
import type {HostConnection} from '../../../src/lib/drivers/ssh/types.ts'
import {pgbouncerProgram, startPgbouncer, type Pgbouncer} from '../servers/pgbouncer.ts'
import {password, postgresProgram, startPostgres, type Postgres} from '../servers/postgres.ts'
import {describeWith} from '../servers/describe-with.ts'
import {removeFolder, temporaryFolder} from '../servers/program.ts'
import {clientFor, hostKeyLine, sshdProgram, startSshd, type Sshd} from '../servers/sshd.ts'

// What PgBouncer's file can name: it cannot read quoted names in [databases], whatever its manual says.
const hostile = '-My.db--1'

describeWith([sshdProgram, postgresProgram, pgbouncerProgram], "PgBouncer's consoles", () => {
  const folders: string[] = []
  let sshd: Sshd
  let postgres: Postgres
  let pgbouncer: Pgbouncer
  let connection: HostConnection
  let pooler: PoolerProcess
  const sessions: SqlSession[] = []
  /** In the order of starting; also what a failing beforeAll has started is ended. */
  const ends: (() => void | Promise<void>)[] = []

  const folder = async (): Promise<string> => {
    folders.push(await temporaryFolder())
    return folders.at(-1) ?? ''
  }

  beforeAll(async () => {
    postgres = await startPostgres(await folder())
    ends.push(() => postgres.stop())
    sshd = await startSshd(await folder())
    ends.push(() => sshd.stop())
    const to = `host=localhost port=${postgres.port} dbname=app user=pp_admin password='${password.replaceAll("'", "''")}'`
    const entries = [`app = ${to}`, `other = ${to}`, `${hostile} = ${to}`]
    pgbouncer = await startPgbouncer(await folder(), 'the admin word', entries)
    ends.push(() => pgbouncer.stop())
    const {host, settings, knownHosts} = await clientFor(sshd, 'edge1')
    await appendFile(knownHosts, await hostKeyLine(sshd, 'ed25519', `[127.0.0.1]:${sshd.port}`))
    connection = await openHost(host, settings, {connectSeconds: 5})
    ends.push(() => {
      connection.close()
    })
    pooler = await open()
    ends.push(() => {
      pooler.close()
    })
  }, 60_000)

  afterEach(async () => {
    await Promise.all(sessions.splice(0).map((session) => session.close()))
    for (const {name, isPaused} of await pooler.databases()) if (isPaused) await pooler.resume(name)
    await pooler.reopen()
  })

  afterAll(async () => {
    for (const end of ends.reverse()) await end()
    await Promise.all(folders.map(removeFolder))
  })

  const open = (word = 'the admin word'): Promise<PoolerProcess> =>
    openPooler(
      connection,
      {name: 'main-1', socketDirectory: pgbouncer.socketDirectory, port: pgbouncer.port},
      {user: 'pp_admin', password: word},
    )

  const client = async (database = 'app'): Promise<SqlSession> => {
    const session = await openSql({
      host: '127.0.0.1',
      port: pgbouncer.port,
      user: 'app',
      password: 'app',
      database,
      tls: {mode: 'disable'},
      applicationName: 'a client',
      isPooled: true,
    })
    sessions.push(session)
    return session
  }

  const entry = async (name: string): Promise<PoolerDatabase | undefined> =>
    (await pooler.databases()).find((database) => database.name === name)

  test('read what SHOW says, in shapes that are the same for all versions', async () => {
    const sql = await client()
    await sql.query('select 1')
    expect(pooler.version).toMatch(/^1\.\d+/)
    expect(await entry('app')).toMatchObject({
      host: 'localhost',
      port: postgres.port,
      database: 'app',
      isPaused: false,
      isDisabled: false,
    })
    expect(await pooler.servers()).toContainEqual(
      expect.objectContaining({
        database: 'app',
        port: postgres.port,
        address: expect.stringMatching(/^(127\.0\.0\.1|::1)$/),
      }),
    )
    expect(await pooler.clients()).toContainEqual(expect.objectContaining({database: 'app', user: 'app'}))
    expect((await pooler.pools()).find((pool) => pool.database === 'app')).toMatchObject({
      poolMode: 'transaction',
    })
    expect(await pooler.config()).toMatchObject({
      poolMode: 'transaction',
      queryWaitTimeout: 120,
      clientLoginTimeout: 60,
      serverLoginRetry: 15,
      configFile: pgbouncer.configFile,
    })
  })

  test('pause and resume; both may be repeated', async () => {
    const sql = await client()
    await sql.query('select 1')
    await pooler.pause('app')
    await pooler.pause('app')
    expect((await entry('app'))?.isPaused).toBe(true)
    expect(await pooler.isDrained('app', 'localhost')).toBe(true)
    const waiting = sql.query('select 2 as two')
    await sleep(50)
    await pooler.resume('app')
    await pooler.resume('app')
    expect(await waiting).toEqual([{two: 2}])
  })

  test('a database that is not paused is not drained, also when its pool is empty', async () => {
    expect(await pooler.isDrained('other')).toBe(false)
    await pooler.pause('other')
    expect(await pooler.isDrained('other')).toBe(true)
  })

  test('a pause that waits for a transaction is taken back by the other console, and the next try works', async () => {
    const sql = await client()
    await sql.query('begin')
    const pausing = pooler.pause('app', {timeoutSeconds: 0.3})
    await sleep(100)
    expect(await pooler.isDrained('app', 'localhost')).toBe(false)
    await expect(pausing).rejects.toMatchObject({code: 'POOLER_PAUSE_TIMED_OUT'})
    await pooler.takeBack('app')
    expect((await entry('app'))?.isPaused).toBe(false)
    expect(await sql.query('select 1 as one')).toEqual([{one: 1}])
    await sql.query('commit')
    await pooler.reopen()
    await pooler.pause('app')
    expect(await pooler.isDrained('app', 'localhost')).toBe(true)
  })

  test('hold all entries at once while one of them has an open transaction, and none is paused again after the resume', async () => {
    const entries = ['app', 'other', hostile]
    const sql = await client()
    const other = await client('other')
    await other.query('select 1')
    await sql.query('begin')
    const paused = async () => (await pooler.databases()).filter(({isPaused}) => isPaused)
    expect(await pooler.hold(['nowhere', ...entries])).toEqual([])
    expect(await paused()).toHaveLength(3)
    const waiting = other.query('select 1 as one')
    await pooler.reloadAndResume(entries)
    expect(await waiting).toEqual([{one: 1}])
    expect(await sql.query('select 1 as one')).toEqual([{one: 1}])
    await sql.query('commit')
    await sleep(300)
    expect(await paused()).toEqual([])
    await pooler.reload()
  })

  test('take a complete pause back, too', async () => {
    await pooler.pause('app')
    await pooler.takeBack('app')
    expect((await entry('app'))?.isPaused).toBe(false)
  })

  test('set the login retry, which RELOAD puts back', async () => {
    await pooler.setLoginRetry(0)
    expect((await pooler.config()).serverLoginRetry).toBe(0)
    await pooler.reload()
    expect((await pooler.config()).serverLoginRetry).toBe(15)
    await pooler.setLoginRetry(1.5)
    expect((await pooler.config()).serverLoginRetry).toBe(1.5)
    await pooler.reload()
  })

  test('reload and resume in one go, with the login retry at 0; an entry that is missing does not hold up the others', async () => {
    for (const name of ['app', 'other']) await pooler.pause(name)
    const waiting = (await client()).query('select 1 as one')
    await expect(pooler.reloadAndResume(['nowhere', 'app', 'other'])).rejects.toMatchObject({
      code: 'SQL_FAILED',
    })
    expect(await waiting).toEqual([{one: 1}])
    expect((await pooler.databases()).filter(({isPaused}) => isPaused)).toEqual([])
    expect((await pooler.config()).serverLoginRetry).toBe(0)
    await pooler.reloadAndResume(['app'])
    await pooler.reload()
  })

  test('reach a database whatever its name is made of', async () => {
    await pooler.pause(hostile)
    expect((await entry(hostile))?.isPaused).toBe(true)
    expect((await entry('app'))?.isPaused).toBe(false)
    await pooler.resume(hostile)
    expect((await entry(hostile))?.isPaused).toBe(false)
  })

  test('kill ends the clients of one database only, and leaves it paused until it is resumed', async () => {
    const [sql, other] = [await client(), await client('other')]
    await sql.query('select 1')
    await other.query('select 1')
    await pooler.kill('app')
    expect(
      sql.lost.aborted ||
        (await sql.query('select 1').then(
          () => false,
          () => true,
        )),
    ).toBe(true)
    expect(await other.query('select 1 as one')).toEqual([{one: 1}])
    await pooler.resume('app')
    expect(await (await client()).query('select 1 as one')).toEqual([{one: 1}])
  })

  test('disable makes new clients fail until it is enabled again', async () => {
    await pooler.disable('app')
    expect((await entry('app'))?.isDisabled).toBe(true)
    await expect(client()).rejects.toThrow()
    await pooler.enable('app')
    await (await client()).query('select 1')
  })

  test('an entry that a guard has taken out counts as paused and drained, and cannot be resumed before it is back', async () => {
    await pooler.pause('nowhere')
    expect(await pooler.isDrained('nowhere')).toBe(true)
    await pooler.takeBack('nowhere')
    await pooler.reopen()
    await expect(pooler.resume('nowhere')).rejects.toMatchObject({code: 'SQL_FAILED'})
  })

  test('a missing entry that nobody has asked to pause is not drained', async () => {
    await pooler.reload()
    expect(await pooler.isDrained('nowhere')).toBe(false)
  })

  test('are denied with a wrong password', async () => {
    await expect(open('another word')).rejects.toMatchObject({code: 'SQL_LOGIN_DENIED'})
  })

  test('say that they are lost when the process ends', async () => {
    const second = await startPgbouncer(await folder(), 'w', [])
    const address = {name: 'main-2', socketDirectory: second.socketDirectory, port: second.port}
    const consoles = await openPooler(connection, address, {user: 'pp_admin', password: 'w'})
    await second.stop()
    await sleep(100)
    expect(consoles.lost.aborted).toBe(true)
    await expect(consoles.databases()).rejects.toMatchObject({code: 'SQL_LOST'})
    await expect(openPooler(connection, address, {user: 'pp_admin', password: 'w'})).rejects.toMatchObject({
      exitCode: 5,
    })
  })
})
