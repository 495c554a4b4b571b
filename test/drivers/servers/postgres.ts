import {existsSync} from 'node:fs'
import {appendFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'

import {freePort} from '../../free-port.ts'
import {run, startServer, unprivileged, type Server} from './program.ts'

/** The newest PostgreSQL that is installed; the lab has 15. */
export const binDirectory =
  [15, 16, 17, 18]
    .map((version) => `/usr/lib/postgresql/${version}/bin`)
    .find((folder) => existsSync(`${folder}/postgres`)) ?? '/usr/lib/postgresql/15/bin'

export const postgresProgram = join(binDirectory, 'postgres')

export interface Postgres extends Server {
  readonly port: number
  readonly dataDirectory: string
  /** Certificate of the authority that signed the server's, for `localhost`; and of one that did not. */
  readonly caFile: string
  readonly otherCaFile: string
}

export const password = 'sécret "quoted" \\ words'

/** A real PostgreSQL on loopback: SCRAM, TLS with a certificate for `localhost`, role `pp_admin`, database `app`. */
export async function startPostgres(folder: string): Promise<Postgres> {
  const dataDirectory = join(folder, 'data')
  await run('install', ['-d', '-m', '0700', ...ownership, dataDirectory])
  await asServer(
    join(binDirectory, 'initdb'),
    '-D',
    dataDirectory,
    '-U',
    'postgres',
    '-A',
    'trust',
    '-N',
    '--locale=C',
    '-E',
    'UTF8',
  )
  await makeCertificates(folder, dataDirectory)
  const port = await freePort()
  await appendFile(
    join(dataDirectory, 'postgresql.conf'),
    `listen_addresses = '127.0.0.1'\nport = ${port}\nunix_socket_directories = '${dataDirectory}'\nfsync = off\nssl = on\nmax_connections = 20\n`,
  )
  await writeFile(
    join(dataDirectory, 'pg_hba.conf'),
    'local all postgres trust\nhost all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n',
  )
  const argv = [...unprivileged, postgresProgram, '-D', dataDirectory]
  const server = await startServer(argv, port)
  await untilReady(port)
  const quoted = `'${password.replaceAll("'", "''")}'`
  for (const sql of [`create role pp_admin login password ${quoted}`, 'create database app owner pp_admin']) {
    await run(join(binDirectory, 'psql'), [
      '-XqAt',
      '-h',
      '127.0.0.1',
      '-p',
      String(port),
      '-U',
      'postgres',
      '-c',
      sql,
    ])
  }
  return {
    ...server,
    port,
    dataDirectory,
    caFile: join(folder, 'ca.crt'),
    otherCaFile: join(folder, 'other.crt'),
  }
}

/** It listens before it has recovered, and refuses whoever comes until then. @throws when it does not within 30 s. */
async function untilReady(port: number): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await run(join(binDirectory, 'pg_isready'), ['-q', '-h', '127.0.0.1', '-p', String(port)])
      return
    } catch (error) {
      if (tries === 300) throw error
      await sleep(100)
    }
  }
}

const ownership = unprivileged.length > 0 ? ['-o', 'postgres', '-g', 'postgres'] : []

export async function asServer(...argv: readonly string[]): Promise<void> {
  const [program, ...args] = [...unprivileged, ...argv]
  await run(program ?? '', args, {cwd: '/'})
}

async function makeCertificates(folder: string, dataDirectory: string): Promise<void> {
  const subject = (name: string): string[] => [
    '-subj',
    `/CN=${name}`,
    '-days',
    '2',
    '-nodes',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
  ]
  for (const name of ['ca', 'other']) {
    const files = ['-keyout', join(folder, `${name}.key`), '-out', join(folder, `${name}.crt`)]
    await run('openssl', ['req', '-x509', ...subject(`pp test ${name}`), ...files])
  }
  const key = join(dataDirectory, 'server.key')
  const authority = ['-CA', join(folder, 'ca.crt'), '-CAkey', join(folder, 'ca.key')]
  const names = ['-addext', 'subjectAltName=DNS:localhost']
  await run('openssl', [
    'req',
    '-x509',
    ...subject('localhost'),
    ...names,
    ...authority,
    '-keyout',
    key,
    '-out',
    join(dataDirectory, 'server.crt'),
  ])
  await run('chmod', ['0600', key])
  if (unprivileged.length > 0)
    await run('chown', ['postgres:postgres', key, join(dataDirectory, 'server.crt')])
}
