import {expect, test} from '@jest/globals'
import {consoleName} from '../../../src/lib/drivers/pgbouncer/console.ts'
import {
  parseAddresses,
  parseDatabases,
  parsePools,
  parseServers,
  parseVersion,
} from '../../../src/lib/drivers/pgbouncer/rows.ts'

// Columns of 1.18, as Debian 12 has it, and of 1.24, which has more and in another order.
const database18 = {
  name: 'app',
  host: 'db1',
  port: '5432',
  database: 'app',
  force_user: null,
  pool_size: '20',
  min_pool_size: '0',
  reserve_pool: '0',
  pool_mode: null,
  max_connections: '0',
  current_connections: '3',
  paused: '1',
  disabled: '0',
}
const database24 = {
  name: 'app',
  host: 'db1',
  port: '5432',
  database: 'app',
  force_user: null,
  pool_size: '20',
  min_pool_size: '0',
  reserve_pool_size: '0',
  server_lifetime: '3600',
  pool_mode: null,
  load_balance_hosts: 'disable',
  max_connections: '0',
  current_connections: '3',
  max_client_connections: '0',
  current_client_connections: '5',
  paused: '1',
  disabled: '0',
}

test('SHOW DATABASES of 1.18 and of 1.24 give the same', () => {
  expect(parseDatabases([database24])).toEqual(parseDatabases([database18]))
  expect(parseDatabases([database18])[0]).toMatchObject({
    isPaused: true,
    isDisabled: false,
    poolMode: undefined,
    currentConnections: 3,
  })
})

const server18 = {
  type: 'S',
  user: 'app',
  database: 'app',
  state: 'new',
  addr: '10.0.0.1',
  port: '5432',
  local_addr: '10.0.0.9',
  local_port: '4711',
  connect_time: '2026-01-01 00:00:00 UTC',
  request_time: '2026-01-01 00:00:00 UTC',
  wait: '0',
  wait_us: '0',
  close_needed: '0',
  ptr: '0x1',
  link: '',
  remote_pid: '0',
  tls: '',
  application_name: '',
}

test('SHOW SERVERS of 1.18 and of 1.24 give the same, a connection that logs in included', () => {
  const server24 = {...server18, replication: 'none', prepared_statements: '0', id: '7'}
  expect(parseServers([server24])).toEqual(parseServers([server18]))
  expect(parseServers([server18])[0]).toMatchObject({state: 'new', address: '10.0.0.1', closeNeeded: false})
})

test('SHOW POOLS counts connections that are neither active nor idle', () => {
  const pool = {
    database: 'app',
    user: 'app',
    cl_active: '1',
    cl_waiting: '2',
    sv_active: '0',
    sv_idle: '1',
    sv_used: '1',
    sv_tested: '1',
    sv_login: '1',
    maxwait: '2',
    maxwait_us: '500000',
    pool_mode: 'transaction',
  }
  expect(parsePools([pool])[0]).toMatchObject({serversOther: 3, maxWaitSeconds: 2.5})
  expect(parsePools([{...pool, sv_being_canceled: '1'}])[0]).toMatchObject({serversOther: 4})
})

test('a row without a column that decisions depend on is not understood, never guessed', () => {
  const row = {...database18, paused: undefined}
  expect(() => parseDatabases([row as never])).toThrow(
    expect.objectContaining({code: 'POOLER_NOT_UNDERSTOOD'}),
  )
})

test('the version is found whatever the column is called', () => {
  expect(parseVersion([{version: 'PgBouncer 1.18.0'}])).toBe('1.18.0')
  expect(parseVersion([])).toBe('unknown')
})

test('addresses of a name, with and without ports', () => {
  const rows = [{hostname: 'db1', ttl: '15', addrs: '10.0.0.1:0,[fd00::1]:0'}]
  expect(parseAddresses(rows, 'db1')).toEqual(['10.0.0.1', 'fd00::1'])
  expect(parseAddresses(rows, 'db2')).toEqual([])
})

test('names are always quoted for the console', () => {
  expect(consoleName('a"b')).toBe('"a""b"')
  expect(() => consoleName('')).toThrow(TypeError)
})
