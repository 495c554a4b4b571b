import {execFileSync} from 'node:child_process'
import {chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, symlinkSync} from 'node:fs'
import path from 'node:path'

import type {Program} from './child.ts'
import {folder, host, ports} from './places.ts'

const isRoot = process.getuid?.() === 0

/** The distribution's PostgreSQL with data of its own, which only this machine reaches. Root hands it to `postgres`. */
export function postgres(): Program {
  const bin = binFolder()
  const data = dataFolder()
  if (!existsSync(path.join(data, 'PG_VERSION'))) {
    const [command, ...args] = asServer([
      path.join(bin, 'initdb'),
      ...['-D', data, '-A', 'trust', '-U', 'pixelpulse', '-E', 'UTF8', '--locale', 'C.UTF-8'],
    ])
    execFileSync(command, args, {cwd: '/', stdio: ['ignore', 'ignore', 'inherit']})
  }
  return {
    name: 'postgres',
    argv: asServer([
      path.join(bin, 'postgres'),
      ...['-D', data, '-p', String(ports.postgres), '-h', host, '-c', 'unix_socket_directories='],
    ]),
    env: {PATH: process.env.PATH ?? '', LC_ALL: 'C.UTF-8'},
    // Ends its clients and then itself, with everything on disk.
    stopSignal: 'SIGINT',
  }
}

/** Below the state folder; for root a link leads from there to where `postgres` may enter. */
function dataFolder(): string {
  const place = path.join(folder, 'postgres')
  if (existsSync(place)) return realpathSync(place)
  mkdirSync(folder, {recursive: true})
  if (!isRoot) return place
  const data = mkdtempSync('/var/tmp/pp-services-postgres-')
  chownSync(data, ...accountOf('postgres'))
  symlinkSync(data, place)
  return data
}

export const ownDatabaseUrl = `postgres://pixelpulse@${host}:${ports.postgres}/postgres`

function asServer(argv: readonly [string, ...string[]]): [string, ...string[]] {
  return isRoot
    ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups', '--', ...argv]
    : [...argv]
}

function accountOf(name: string): [number, number] {
  const id = (flag: '-u' | '-g') => Number(execFileSync('id', [flag, name], {encoding: 'utf8'}))
  return [id('-u'), id('-g')]
}

function binFolder(): string {
  const root = '/usr/lib/postgresql'
  const [newest] = (existsSync(root) ? readdirSync(root) : [])
    .filter((version) => existsSync(path.join(root, version, 'bin/postgres')))
    .sort((a, b) => Number(b) - Number(a))
  if (newest === undefined)
    throw new Error('There is no PostgreSQL server here. Install it: bin/setup --services')
  return path.join(root, newest, 'bin')
}
