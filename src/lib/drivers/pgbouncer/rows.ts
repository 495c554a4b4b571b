import * as z from 'zod/mini'
import {unavailableError} from '../../errors.ts'
import type {ConsoleRow} from './console.ts'
import type {PoolerClient, PoolerConfig, PoolerDatabase, PoolerPool, PoolerServer} from './types.ts'

/**
 * Rows of SHOW commands, read by column name: PgBouncer 1.18 to 1.24 add columns and move them, and rename few.
 * A column that decisions depend on must be there; others have a value that stands for "not said".
 */

const number = z.pipe(z.string().check(z.regex(/^-?\d+$/)), z.transform(Number))
const decimal = z.pipe(z.string().check(z.regex(/^-?\d+(\.\d+)?$/)), z.transform(Number))
const flag = z.pipe(
  z.string().check(z.regex(/^[01]$/)),
  z.transform((text) => text === '1'),
)
const text = z.string()
const numberOr0 = z.pipe(
  z.nullish(number),
  z.transform((value) => value ?? 0),
)
const textOrEmpty = z.pipe(
  z.nullish(text),
  z.transform((value) => value ?? ''),
)
const orUndefined = z.pipe(
  z.nullish(text),
  z.transform((value) => value ?? undefined),
)

const database = z.object({
  name: text,
  host: orUndefined,
  port: number,
  database: text,
  force_user: orUndefined,
  pool_size: numberOr0,
  pool_mode: orUndefined,
  current_connections: numberOr0,
  paused: flag,
  disabled: flag,
})

export const parseDatabases = (rows: readonly ConsoleRow[]): readonly PoolerDatabase[] =>
  parseRows('SHOW DATABASES', database, rows).map((row) => ({
    name: row.name,
    host: row.host,
    port: row.port,
    database: row.database,
    forceUser: row.force_user,
    poolMode: row.pool_mode,
    poolSize: row.pool_size,
    currentConnections: row.current_connections,
    isPaused: row.paused,
    isDisabled: row.disabled,
  }))

const server = z.object({
  database: text,
  user: textOrEmpty,
  state: text,
  addr: text,
  port: number,
  connect_time: textOrEmpty,
  close_needed: numberOr0,
  remote_pid: numberOr0,
})

export const parseServers = (rows: readonly ConsoleRow[]): readonly PoolerServer[] =>
  parseRows('SHOW SERVERS', server, rows).map((row) => ({
    database: row.database,
    user: row.user,
    state: row.state,
    address: row.addr,
    port: row.port,
    closeNeeded: row.close_needed === 1,
    remotePid: row.remote_pid,
    connectTime: row.connect_time,
  }))

const client = z.object({
  database: text,
  user: textOrEmpty,
  state: text,
  addr: text,
  port: number,
  wait: numberOr0,
  wait_us: numberOr0,
  application_name: textOrEmpty,
})

export const parseClients = (rows: readonly ConsoleRow[]): readonly PoolerClient[] =>
  parseRows('SHOW CLIENTS', client, rows).map((row) => ({
    database: row.database,
    user: row.user,
    state: row.state,
    address: row.addr,
    port: row.port,
    waitSeconds: row.wait + row.wait_us / 1e6,
    applicationName: row.application_name,
  }))

const pool = z.object({
  database: text,
  user: text,
  cl_active: number,
  cl_waiting: number,
  sv_active: number,
  sv_idle: number,
  sv_used: number,
  sv_tested: number,
  sv_login: number,
  sv_active_cancel: numberOr0,
  sv_being_canceled: numberOr0,
  maxwait: number,
  maxwait_us: numberOr0,
  pool_mode: text,
})

export const parsePools = (rows: readonly ConsoleRow[]): readonly PoolerPool[] =>
  parseRows('SHOW POOLS', pool, rows).map((row) => ({
    database: row.database,
    user: row.user,
    clientsActive: row.cl_active,
    clientsWaiting: row.cl_waiting,
    serversActive: row.sv_active,
    serversIdle: row.sv_idle,
    serversOther: row.sv_used + row.sv_tested + row.sv_login + row.sv_active_cancel + row.sv_being_canceled,
    serversLogin: row.sv_login,
    maxWaitSeconds: row.maxwait + row.maxwait_us / 1e6,
    poolMode: row.pool_mode,
  }))

const setting = z.object({key: text, value: z.nullable(text)})

export function parseConfig(rows: readonly ConsoleRow[]): PoolerConfig {
  const all = new Map(parseRows('SHOW CONFIG', setting, rows).map(({key, value}) => [key, value ?? '']))
  const seconds = (key: string): number => parse('SHOW CONFIG', decimal, all.get(key), key)
  return {
    poolMode: parse('SHOW CONFIG', text, all.get('pool_mode'), 'pool_mode'),
    queryWaitTimeout: seconds('query_wait_timeout'),
    clientLoginTimeout: seconds('client_login_timeout'),
    serverLoginRetry: seconds('server_login_retry'),
    serverConnectTimeout: seconds('server_connect_timeout'),
    dnsMaxTtl: seconds('dns_max_ttl'),
    configFile: all.get('conffile'),
    all,
  }
}

/** `PgBouncer 1.18.0` in a column, whatever its name. */
export function parseVersion(rows: readonly ConsoleRow[]): string {
  const said = Object.values(rows[0] ?? {}).join(' ')
  return /\d+(?:\.\d+)+\S*/.exec(said)?.[0] ?? 'unknown'
}

/** Addresses that PgBouncer has resolved a name to. */
export function parseAddresses(rows: readonly ConsoleRow[], hostname: string): readonly string[] {
  const row = parseRows('SHOW DNS_HOSTS', z.object({hostname: text, addrs: textOrEmpty}), rows).find(
    (candidate) => candidate.hostname === hostname,
  )
  return (row?.addrs ?? '')
    .split(',')
    .filter((address) => address !== '')
    .map(withoutPort)
}

/** `10.0.0.1:0` and `[fd00::1]:0`, or the address alone. */
function withoutPort(address: string): string {
  const [, bracketed, plain] = /^(?:\[([^\]]+)\]|([^:]+))(?::\d+)?$/.exec(address) ?? []
  return bracketed ?? plain ?? address
}

const parseRows = <S extends z.ZodMiniType>(
  command: string,
  schema: S,
  rows: readonly ConsoleRow[],
): z.infer<S>[] => rows.map((row) => parse(command, schema, row, 'a row'))

function parse<S extends z.ZodMiniType>(
  command: string,
  schema: S,
  value: unknown,
  what: string,
): z.infer<S> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw unavailableError('POOLER_NOT_UNDERSTOOD', {
    message: `PgBouncer's answer to ${command} is not understood (${what}): ${z.prettifyError(parsed.error)}`,
    hint: 'See which one runs there; 1.18 to 1.24 are known: pgbouncer --version',
  })
}
