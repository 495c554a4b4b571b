import {once} from 'node:events'
import {appendFile} from 'node:fs/promises'
import {connect, createServer} from 'node:net'
import {setTimeout as sleep} from 'node:timers/promises'
import {afterAll, afterEach, beforeAll, expect, test} from '@jest/globals'
import {isSqlUnreachable, SqlFailure} from '../../../src/lib/drivers/postgres/errors.ts'
import {openSql} from '../../../src/lib/drivers/postgres/open-sql.ts'
import type {SqlSession, SqlTarget} from '../../../src/lib/drivers/postgres/types.ts'
import {openHost} from '../../../src/lib/drivers/ssh/open-host.ts'
import {password, postgresProgram, startPostgres, type Postgres} from '../servers/postgres.ts'
import {describeWith} from '../servers/describe-with.ts'
import {freePort} from '../../free-port.ts'
import {removeFolder, temporaryFolder} from '../servers/program.ts'
import {clientFor, hostKeyLine, sshdProgram, startSshd} from '../servers/sshd.ts'

const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => {
      throw new Error('it did not fail')
    },
    (error: unknown) => error,
  )

describeWith([postgresProgram, sshdProgram], 'a SQL session', () => {
  let folder: string
  let server: Postgres
  const open: SqlSession[] = []

  beforeAll(async () => {
    folder = await temporaryFolder()
    server = await startPostgres(folder)
  }, 60_000)

  afterEach(async () => {
    await Promise.all(open.splice(0).map((session) => session.close()))
  })

  afterAll(async () => {
    await server.stop()
    await removeFolder(folder)
  })

  const target = (more: Partial<SqlTarget> = {}): SqlTarget => ({
    host: '127.0.0.1',
    port: server.port,
    user: 'pp_admin',
    password,
    database: 'app',
    tls: {mode: 'disable'},
    applicationName: 'pp test',
    ...more,
  })

  const session = async (more: Partial<SqlTarget> = {}): Promise<SqlSession> => {
    const opened = await openSql(target(more))
    open.push(opened)
    return opened
  }

  const one = async (
    sql: SqlSession,
    text: string,
    values?: readonly unknown[],
  ): Promise<Record<string, unknown> | undefined> =>
    (await sql.query<Record<string, unknown>>(text, values))[0]

  test('gives values that lose nothing: int8, numeric, LSN and timestamps as text', async () => {
    const sql = await session()
    const row = await one(
      sql,
      `select 9223372036854775807::int8 as big, 7::int4 as small, 1.10::numeric as exact, '1/AB'::pg_lsn as lsn,
         true as yes, null::int4 as nothing, timestamptz '2026-01-02 03:04:05.123456+00' at time zone 'UTC' as at`,
    )
    expect(row).toEqual({
      big: '9223372036854775807',
      small: 7,
      exact: '1.10',
      lsn: '1/AB',
      yes: true,
      nothing: null,
      at: '2026-01-02 03:04:05.123456',
    })
  })

  test('passes values apart from the statement, whatever they hold', async () => {
    const hostile = `'; drop table x; -- \\ é 🐘 "`
    expect(await one(await session(), 'select $1::text as value', [hostile])).toEqual({value: hostile})
  })

  test('shows itself by name, and takes nothing from the environment of the operator', async () => {
    process.env.PGOPTIONS = '-c search_path=elsewhere'
    try {
      const sql = await session()
      expect(await one(sql, 'show application_name')).toEqual({application_name: 'pp test'})
      expect(await one(sql, 'show search_path')).toEqual({search_path: '"$user", public'})
    } finally {
      delete process.env.PGOPTIONS
    }
  })

  test('runs statements in the order they were asked', async () => {
    const sql = await session()
    const order: number[] = []
    await Promise.all(
      [0.05, 0.01, 0].map(async (seconds, n) => {
        await sql.query('select pg_sleep($1)', [seconds])
        order.push(n)
      }),
    )
    expect(order).toEqual([0, 1, 2])
  })

  test('ends a statement at its deadline on the server, and stays usable', async () => {
    const sql = await session()
    const error = await failure(sql.query('select pg_sleep(5)', [], {timeoutSeconds: 0.5}))
    expect(error).toMatchObject({code: 'SQL_TIMED_OUT', exitCode: 5})
    expect(sql.lost.aborted).toBe(false)
    expect(await one(sql, 'select 1 as one')).toEqual({one: 1})
  })

  test('a later statement with the default deadline is not cut by an earlier short one', async () => {
    const sql = await session()
    await sql.query('select 1', [], {timeoutSeconds: 0.2})
    await sql.query('select pg_sleep(0.4)')
    expect(sql.lost.aborted).toBe(false)
  })

  test('gives up a server that falls silent, at the deadline', async () => {
    const silenced = connect(server.port, '127.0.0.1')
    await once(silenced, 'connect')
    const sql = await session({stream: silenced})
    silenced.pause()
    const error = await failure(sql.query('select 1', [], {timeoutSeconds: 0.3}))
    expect(error).toMatchObject({code: 'SQL_TIMED_OUT'})
    expect(sql.lost.aborted).toBe(true)
    expect(await failure(sql.query('select 1'))).toMatchObject({code: 'SQL_LOST'})
  })

  test('tells a refused statement with its SQLSTATE from a forbidden one', async () => {
    const sql = await session()
    expect(await failure(sql.query('select nonsense'))).toMatchObject({
      code: 'SQL_FAILED',
      sqlState: '42703',
      exitCode: 3,
    })
    expect(await failure(sql.query('select pg_promote()'))).toMatchObject({code: 'SQL_DENIED', exitCode: 4})
    expect(await failure(sql.query('select nonsense'))).toBeInstanceOf(SqlFailure)
  })

  test('is lost when somebody ends its backend, also while idle', async () => {
    const [busy, idle, root] = [await session(), await session(), await session({user: 'postgres'})]
    const pid = async (sql: SqlSession): Promise<unknown> =>
      (await one(sql, 'select pg_backend_pid() as pid'))?.pid
    const pids = [await pid(busy), await pid(idle)]
    const waiting = failure(busy.query('select pg_sleep(10)'))
    await sleep(50)
    for (const each of pids) await root.query('select pg_terminate_backend($1)', [each])
    expect(await waiting).toMatchObject({code: 'SQL_LOST', exitCode: 5})
    if (!idle.lost.aborted) await once(idle.lost, 'abort')
    expect(idle.lost.reason).toMatchObject({code: 'SQL_LOST'})
  })

  test('is denied with a wrong or empty password, and never shows it', async () => {
    for (const wrong of ['wr0ng-passw0rd', '']) {
      const error = await failure(openSql(target({password: wrong})))
      expect(error).toMatchObject({code: 'SQL_LOGIN_DENIED', exitCode: 4})
      expect((error as Error).message).not.toContain(wrong || password)
    }
  })

  test('an unknown database is a refusal, a port without a server "does not answer"', async () => {
    expect(await failure(openSql(target({database: 'nowhere'})))).toMatchObject({sqlState: '3D000'})
    const error = await failure(openSql(target({port: await freePort()})))
    expect(error).toMatchObject({code: 'SQL_UNREACHABLE'})
    expect(isSqlUnreachable(error)).toBe(true)
  })

  test('gives up connecting to a server that says nothing at the deadline', async () => {
    const silent = createServer()
    const port = await freePort()
    await once(silent.listen(port, '127.0.0.1'), 'listening')
    try {
      const startedAt = performance.now()
      expect(await failure(openSql(target({port, connectSeconds: 0.3})))).toMatchObject({
        code: 'SQL_UNREACHABLE',
      })
      expect(performance.now() - startedAt).toBeLessThan(1500)
    } finally {
      silent.close()
    }
  })

  const ca = (): string => server.caFile

  test.each([
    {
      name: 'require encrypts without asking who it is',
      host: '127.0.0.1',
      mode: 'require',
      file: () => undefined,
      ok: true,
    },
    {
      name: 'require with a CA file verifies the chain, as libpq does',
      host: 'localhost',
      mode: 'require',
      file: () => server.otherCaFile,
      ok: false,
    },
    {name: 'verify-ca takes any name', host: '127.0.0.1', mode: 'verify-ca', file: ca, ok: true},
    {
      name: 'verify-ca refuses another authority',
      host: 'localhost',
      mode: 'verify-ca',
      file: () => server.otherCaFile,
      ok: false,
    },
    {
      name: 'verify-ca without a file asks the system, which does not know this one',
      host: 'localhost',
      mode: 'verify-ca',
      file: () => undefined,
      ok: false,
    },
    {
      name: 'verify-full takes the name in the certificate',
      host: 'localhost',
      mode: 'verify-full',
      file: ca,
      ok: true,
    },
    {name: 'verify-full refuses another name', host: '127.0.0.1', mode: 'verify-full', file: ca, ok: false},
  ] as const)('TLS: $name', async ({host, mode, file, ok}) => {
    const opening = session({host, tls: {mode, caFile: file()}})
    if (!ok) {
      expect(await failure(opening)).toMatchObject({code: 'SQL_TLS_FAILED', exitCode: 4})
      return
    }
    expect(await one(await opening, 'select ssl from pg_stat_ssl where pid = pg_backend_pid()')).toEqual({
      ssl: true,
    })
  })

  test('TLS: a CA file that is not there is said by name', async () => {
    const tls = {mode: 'verify-ca', caFile: '/nowhere/ca.crt'} as const
    expect(await failure(openSql(target({tls})))).toMatchObject({code: 'TLS_CA_UNREADABLE'})
  })

  test('runs through a channel of an SSH connection, with TLS verified against the host name', async () => {
    const sshFolder = await temporaryFolder()
    const sshd = await startSshd(sshFolder)
    const {host, settings, knownHosts} = await clientFor(sshd, 'db1')
    await appendFile(knownHosts, await hostKeyLine(sshd, 'ed25519', `[127.0.0.1]:${sshd.port}`))
    const connection = await openHost(host, settings, {connectSeconds: 5})
    try {
      const stream = await connection.forwardTcp('127.0.0.1', server.port)
      const sql = await session({
        host: 'localhost',
        stream,
        tls: {mode: 'verify-full', caFile: server.caFile},
      })
      expect(await one(sql, 'select ssl from pg_stat_ssl where pid = pg_backend_pid()')).toEqual({ssl: true})
      const stranger = await connection.forwardTcp('127.0.0.1', server.port)
      const wrong = session({
        host: 'db1',
        stream: stranger,
        tls: {mode: 'verify-full', caFile: server.caFile},
      })
      expect(await failure(wrong)).toMatchObject({code: 'SQL_TLS_FAILED'})
      connection.close()
      if (!sql.lost.aborted) await once(sql.lost, 'abort')
      expect(await failure(sql.query('select 1'))).toMatchObject({code: 'SQL_LOST'})
    } finally {
      connection.close()
      await sshd.stop()
      await removeFolder(sshFolder)
    }
  })
})
