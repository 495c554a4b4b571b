import {waitUntil} from '../drivers/machine/processes.ts'
import {PpError} from '../errors.ts'
import {runInside} from './inside.ts'
import {isPowered} from './power.ts'
import type {HostRecord, LabRecord} from './state.ts'

/** Debian's psql is a Perl program that starts this one; it costs more than the question. */
export const client = '/usr/lib/postgresql/15/bin/psql'

const question = `select case when pg_is_in_recovery()
  then 'standby ' || coalesce((select status from pg_stat_wal_receiver), 'alone')
  else 'primary ' || (select count(*) from pg_stat_replication where state = 'streaming') end`

/** Asks every pooler process on its socket for nothing but an answer; fails when one of them gives none. */
const poolerScript = `set -- /run/pgbouncer/*/.s.PGSQL.*
for socket; do [ -S "$socket" ] || exit 1; done
for socket; do setpriv --reuid=postgres --regid=postgres --clear-groups \\
  ${client} -AtX -h "\${socket%/*}" -p "\${socket##*.}" -w -U pgbouncer -d pgbouncer -c 'show version' >/dev/null 2>&1 || exit 1; done`

/** Starts what has failed; a masked unit stays down, an operation of pp holds it so. */
const reviveScript = `units=$(systemctl list-units --failed --plain --no-legend 'postgresql@*' 'pgbouncer@*' | cut -d ' ' -f 1)
[ -z "$units" ] || { systemctl reset-failed $units; systemctl start --no-block $units; }`

export interface Health {
  readonly primary: string | undefined
  /** What is not as it should be, host by host; empty when all is well. */
  readonly wrong: readonly string[]
}

/** One writable member that all others stream from, and every pooler process answering; asked inside the hosts. */
export async function labHealth(record: LabRecord): Promise<Health> {
  const databases = record.hosts.filter(({hasDataDisk}) => hasDataDisk)
  const poolers = record.hosts.filter(({name}) => name.startsWith('edge'))
  const [states, answers] = await Promise.all([
    Promise.all(databases.map(databaseState)),
    Promise.all(poolers.map(poolersAnswer)),
  ])
  const primaries = databases.filter((_, index) => states[index]?.startsWith('primary'))
  const expected = `primary ${databases.length - 1}`
  const wrong = [
    ...(primaries.length === 1 ? [] : [`${primaries.length} writable members`]),
    ...databases.flatMap(({name}, index) => {
      const state = states[index] ?? 'silent'
      return state === expected || state === 'standby streaming' ? [] : [`${name}: ${state}`]
    }),
    ...poolers.flatMap(({name}, index) =>
      answers[index] === true ? [] : [`${name}: a pooler does not answer`],
    ),
  ]
  return {primary: primaries.length === 1 ? primaries[0]?.name : undefined, wrong}
}

async function databaseState(host: HostRecord): Promise<string> {
  if (!(await isPowered(host))) return 'powered off'
  const psql = [
    'setpriv',
    '--reuid=postgres',
    '--regid=postgres',
    '--clear-groups',
    client,
    '-AtX',
    '-c',
    question,
  ] as const
  const result = await runInside(host, psql, {timeoutSeconds: 3})
  return result.status === 0 ? result.stdout.trim() : 'does not answer'
}

async function poolersAnswer(host: HostRecord): Promise<boolean> {
  if (!(await isPowered(host))) return false
  return (await runInside(host, ['sh', '-c', poolerScript], {timeoutSeconds: 3})).status === 0
}

/** Starts databases and poolers that somebody has killed: bringing a lab up means that they run. */
export async function reviveServices(record: LabRecord): Promise<void> {
  const servers = record.hosts.filter(({name}) => !name.startsWith('client'))
  await Promise.all(servers.map((host) => runInside(host, ['sh', '-c', reviveScript], {timeoutSeconds: 10})))
}

/** @throws PpError LAB_UNHEALTHY naming what is wrong when the time has run out. */
export async function waitForHealth(record: LabRecord, timeoutSeconds: number): Promise<string> {
  let last: Health = {primary: undefined, wrong: []}
  await waitUntil(
    async () => {
      last = await labHealth(record)
      return last.wrong.length === 0
    },
    timeoutSeconds,
    100,
  )
  if (last.wrong.length === 0 && last.primary !== undefined) return last.primary
  throw new PpError('degraded', 'LAB_UNHEALTHY', {
    message: `The hosts of lab "${record.name}" run, but after ${timeoutSeconds} s: ${last.wrong.join('; ')}.`,
    hint: 'Look inside a host: pp lab shell db1 -- journalctl -b --no-pager',
  })
}
