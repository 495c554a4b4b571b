import {writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {freePort} from '../../free-port.ts'
import {run, startServer, unprivileged, type Server} from './program.ts'

export const pgbouncerProgram = '/usr/sbin/pgbouncer'

export interface Pgbouncer extends Server {
  readonly port: number
  readonly socketDirectory: string
  readonly configFile: string
  /** The same one, after it was stopped. */
  again(): Promise<Pgbouncer>
}

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`

/** A real PgBouncer on loopback with a console for `pp_admin` (SCRAM) on its own Unix socket, on which `pp_monitor` may look. */
export async function startPgbouncer(
  folder: string,
  password: string,
  databases: readonly string[],
  more: readonly string[] = [],
): Promise<Pgbouncer> {
  const port = await freePort()
  const configFile = join(folder, 'pgbouncer.ini')
  const socketDirectory = join(folder, 'run')
  const owner = unprivileged.length > 0 ? ['-o', 'postgres', '-g', 'postgres'] : []
  await run('install', ['-d', '-m', '0755', ...owner, socketDirectory])
  await writeFile(
    join(folder, 'users'),
    ['pp_admin', 'pp_monitor'].map((role) => `${quoted(role)} ${quoted(password)}\n`).join('') +
      `${quoted('app')} ${quoted('app')}\n`,
  )
  await writeFile(
    configFile,
    [
      '[databases]',
      ...databases,
      '[pgbouncer]',
      'listen_addr = 127.0.0.1',
      `listen_port = ${port}`,
      `unix_socket_dir = ${socketDirectory}`,
      'unix_socket_mode = 0777',
      'auth_type = scram-sha-256',
      `auth_file = ${join(folder, 'users')}`,
      'admin_users = pp_admin',
      'stats_users = pp_monitor',
      'pool_mode = transaction',
      'default_pool_size = 4',
      ...more,
      '',
    ].join('\n'),
  )
  const socket = join(socketDirectory, `.s.PGSQL.${port}`)
  const start = async (): Promise<Pgbouncer> => {
    const server = await startServer([...unprivileged, pgbouncerProgram, '-v', configFile], port, socket)
    return {...server, port, socketDirectory, configFile, again: start}
  }
  return start()
}
