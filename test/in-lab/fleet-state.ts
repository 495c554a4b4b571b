import * as z from 'zod'

import {client} from '../../src/lib/lab/health.ts'
import {onHost} from './lab.ts'
import {pp} from './pp.ts'

const status = z.object({
  databases: z.array(
    z.object({
      timeline: z.number().nullable(),
      systemIdentifier: z.string().nullable(),
      members: z.array(
        z.object({
          host: z.string(),
          role: z.string(),
          writable: z.boolean().nullable(),
          upstream: z.string().nullable(),
        }),
      ),
      poolers: z.array(
        z.object({
          host: z.string(),
          process: z.string().nullable(),
          target: z.string().nullable(),
          paused: z.boolean().nullable(),
        }),
      ),
    }),
  ),
})

type DatabaseNow = z.infer<typeof status>['databases'][number]

/** `pp db status --json` without what moves by itself: lag, number of clients. */
export async function databaseNow(): Promise<DatabaseNow> {
  const {stdout, stderr} = await pp(['db', 'status', '--json'])
  const [database] = status.parse(JSON.parse(stdout || JSON.stringify({stderr}))).databases
  if (!database) throw new Error('no database')
  return database
}

/**
 * The same, asked again while a busy machine keeps one of them from answering within pp's two seconds; who is silent twice
 * in the same fleet is taken to be lost.
 */
export async function settledDatabase(): Promise<DatabaseNow> {
  let before: string | undefined
  for (let attempt = 1; ; attempt++) {
    const database = await databaseNow()
    const {members, poolers} = database
    const isWhole =
      members.every(({role}) => role !== 'unknown') && poolers.every(({process}) => process !== null)
    const now = JSON.stringify(database)
    if (attempt === 5 || isWhole || now === before) return database
    before = now
  }
}

const check = z.object({exitCode: z.number(), findings: z.array(z.string()).optional()})

/** Exit status and findings of `pp db check`, asked again for a while when a busy machine keeps a host from answering. */
export async function checked(): Promise<z.infer<typeof check>> {
  for (let attempt = 1; ; attempt++) {
    const {stdout} = await pp(['db', 'check', '--json'])
    const result = check.parse(JSON.parse(stdout))
    if (attempt === 5 || result.exitCode === 0) return result
  }
}

/** What `checked` finds where all is well. */
export const sound = {exitCode: 0, findings: []}

const memberScript = `cd /var/lib/postgresql/15/main
sha256sum postgresql.auto.conf; ls standby.signal promote 2>/dev/null
systemctl show -p LoadState,ActiveState,MainPID,UnitFileState postgresql@15-main.service
setpriv --reuid=postgres --regid=postgres --clear-groups ${client} -XAtw -c 'select slot_name, slot_type, active from pg_replication_slots order by 1' \\
  -c 'select system_identifier, pg_is_in_recovery(), case when not pg_is_in_recovery() then left(pg_walfile_name(pg_current_wal_lsn()), 8) end from pg_control_system()'`
const poolerScript = `sha256sum /etc/pgbouncer/targets/*
systemctl show -p LoadState,ActiveState,MainPID 'pgbouncer@*.service'
for socket in /run/pgbouncer/*/.s.PGSQL.*; do setpriv --reuid=postgres --regid=postgres --clear-groups \\
  ${client} -AtxX -h "\${socket%/*}" -p "\${socket##*.}" -w -U pgbouncer -d pgbouncer -c 'show config' -c 'show databases' |
  grep -E -A1 '^(name|host|paused)\\||server_login_retry'; done`
const everyHostScript = `systemctl list-timers --all --plain --no-legend 'pp-*' | wc -l
find /run/systemd/system -name 'p[og]*' | sort
find /var/lib/pp -type f ! -name '.*' | sort | while read -r file; do echo "$file"; cat "$file"; done`

/**
 * Everything an operation of pp may change on the hosts, as text, asked inside them; two equal ones mean that nothing was
 * touched.
 */
export async function fleetNow(): Promise<Readonly<Record<string, string>>> {
  const look = async (host: string, script: string): Promise<[string, string]> => [
    host,
    await onHost(host, 'sh', '-c', `${script}\n${everyHostScript}\ntrue`),
  ]
  const members = ['db1', 'db2', 'db3'].map((host) => look(host, memberScript))
  const poolers = ['edge1', 'edge2'].map((host) => look(host, poolerScript))
  return Object.fromEntries(await Promise.all([...members, ...poolers]))
}
