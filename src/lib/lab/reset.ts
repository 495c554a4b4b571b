import {existsSync} from 'node:fs'
import {readFile, readdir, rm} from 'node:fs/promises'
import {join} from 'node:path'
import * as z from 'zod'
import type {Argv} from '../drivers/machine/program.ts'
import {PpError, refusal} from '../errors.ts'
import {mendHosts} from './break.ts'
import {writeWhole} from './files.ts'
import {client, labHealth, waitForHealth} from './health.ts'
import {runInside} from './inside.ts'
import {switchOn} from './lab-host.ts'
import {withLabLock} from './lock.ts'
import {labPaths} from './paths.ts'
import {requireRecord, type HostRecord, type LabRecord} from './state.ts'

/** Stops the database cleanly and copies it beside itself; $1 is the data directory. */
const rememberScript = `set -e
systemctl stop postgresql@15-main.service
rm -rf "$2.new"
cp -a "$1" "$2.new"
rm -rf "$2"
mv "$2.new" "$2"
systemctl start --no-block postgresql@15-main.service`

/** Keeps what an operation of pp may change on a pooler's host. */
const rememberPoolerScript = `set -e
mkdir -p /var/lib/pp-lab
rm -rf /var/lib/pp-lab/targets /var/lib/pp-lab/backup
cp -a /etc/pgbouncer/targets /var/lib/pp-lab/targets
[ ! -d /srv/backup ] || cp -a /srv/backup /var/lib/pp-lab/backup`

/** Takes back all that an operation or a drill of pp leaves on any host: helpers at work, guards, faults, locks, journals, masks. */
const forgetScript = `pkill -KILL -u pp 2>/dev/null
pkill -KILL -f /usr/local/sbin/pp-hos[t] 2>/dev/null
systemctl stop 'pp-guard-*.timer' 'pp-guard-*.service' 'pp-fault-*.timer' 'pp-fault-*.service' 2>/dev/null
find /var/lib/pp -mindepth 1 -delete 2>/dev/null
nft list tables 2>/dev/null | sed -nE 's/^table inet (pp_(fence|fault)_[A-Za-z0-9_]*)$/\\1/p' | xargs -r -n 1 nft delete table inet
rm -f /var/lib/postgresql/15/.pp-fault-*
[ ! -e /usr/local/lib/pp/archive-wal.pp-held ] || mv /usr/local/lib/pp/archive-wal.pp-held /usr/local/lib/pp/archive-wal
rm -rf /run/pp
changed=
for unit in /run/systemd/system/postgresql@15-main.service /run/systemd/system/postgresql@15-main.service.d \\
  /etc/systemd/system/postgresql@15-main.service /run/systemd/system/pgbouncer@*.service /run/systemd/system/pgbouncer@*.service.d; do
  if [ -e "$unit" ] || [ -L "$unit" ]; then rm -rf "$unit"; changed=1; fi
done
[ -z "$changed" ] || systemctl daemon-reload
systemctl reset-failed
`

const stopDatabaseScript = `${forgetScript}
set -e
systemctl stop pp-push-wal.service
systemctl kill -s KILL postgresql@15-main.service 2>/dev/null || true
while pkill -KILL -u postgres; do sleep 0.005; done
systemctl stop postgresql@15-main.service`

/** Only what differs in size or time (to the nanosecond) is copied: most of a story's data is as it was. */
const restoreDatabaseScript = `set -e
rm -rf "$1".diverged-* "$1".old-* "$1".pp-clone /var/lib/postgresql/pp-restore/*
rsync -a --delete --modify-window=-1 "$2/" "$1"
mkdir -p -m 0700 /run/pp && echo 'the reset of the lab' > /run/pp/may-start-main
systemctl start --no-block postgresql@15-main.service`

/**
 * Debian's start program asks three more times, half a second apart, whether a server that answers is one. Without it
 * systemd takes the server for started, as it would then. The sign of life would begin a second later; a primary that is lost
 * before would seem to have been silent for long.
 */
const startedScript = `pkill -x pg_ctlcluster
until systemctl -q is-active postgresql@15-main.service; do sleep 0.05; done
systemctl restart pp-heartbeat.service
systemctl start pgbackrest.service pp-push-wal.service
until [ "$(setpriv --reuid=postgres --regid=postgres --clear-groups ${client} -XAtwc \\
  'select exists (select from pp.heartbeat where written_at > pg_postmaster_start_time())')" = t ]; do sleep 0.05; done`

const resetPoolerScript = `${forgetScript}
set -e
rm -rf /etc/pgbouncer/targets
cp -a /var/lib/pp-lab/targets /etc/pgbouncer/targets
units=$(systemctl list-units --all --plain --no-legend 'pgbouncer@*.service' | cut -d ' ' -f 1)
systemctl kill -s KILL $units 2>/dev/null || true
systemctl restart $units`

/** A backup or a segment of a timeline that no longer is would be refused, or taken for the new one's. */
const resetRepositoryScript = `set -e
[ -d /var/lib/pp-lab/backup ] || exit 0
pkill -KILL -u pgbackrest || true
rsync -a --delete /var/lib/pp-lab/backup/ /srv/backup
rm -rf /srv/backup-restore/*
systemctl start pgbackrest.service`

const dataDirectory = '/var/lib/postgresql/15/main'
const firstData = '/var/lib/postgresql/.first'

/**
 * Remembers the cluster as it is now, as the state that `resetLab` goes back to; db1 must be the primary. Stops the
 * database for about two seconds. The caller holds the lab's lock.
 */
export async function rememberFirstState(record: LabRecord): Promise<void> {
  const {databases, poolers} = roles(record)
  // The primary first: its standbys then have everything it wrote, and all start without recovering anything.
  const [primary, ...standbys] = databases
  if (primary) await inside(primary, ['sh', '-c', rememberScript, 'remember', dataDirectory, firstData])
  await Promise.all(
    standbys.map((host) => inside(host, ['sh', '-c', rememberScript, 'remember', dataDirectory, firstData])),
  )
  await Promise.all(poolers.map((host) => inside(host, ['sh', '-c', rememberPoolerScript])))
  const {archive, firstArchive} = labPaths(record.name)
  await writeWhole(firstArchive, JSON.stringify(await readdir(archive)))
}

/**
 * Brings the database cluster of a running lab back to its first state: db1 is the primary on the first timeline, every
 * host is up, no fault in force, the poolers lead to db1, no lock, journal, mask, fence tag or guard is left, systemd has
 * every server started, and the primary's sign of life is seen by all.
 *
 * @returns seconds it took.
 * @throws PpError LAB_NO_FIRST_STATE, LAB_UNHEALTHY.
 */
export async function resetLab(lab: string): Promise<number> {
  const started = performance.now()
  await mendHosts(lab, undefined).catch((error: unknown) => {
    // What does not come back by mending is made anew below.
    if (!(error instanceof PpError) || error.code !== 'FAULT_STILL_IN_FORCE') throw error
  })
  await withLabLock(lab, async () => {
    const found = await requireRecord(lab)
    if (!existsSync(labPaths(lab).firstArchive)) throw noFirstState(lab)
    for (const {name} of found.hosts) await switchOn(lab, name)
    const record = await requireRecord(lab)
    const {databases, poolers, others} = roles(record)
    await Promise.all([
      ...databases.map((host) => inside(host, ['sh', '-c', stopDatabaseScript])),
      ...poolers.map((host) => inside(host, ['sh', '-c', resetPoolerScript])),
      ...others.map((host) => inside(host, ['sh', '-c', `${forgetScript}\ntrue`])),
    ])
    await forgetLaterSegments(lab)
    await Promise.all([
      ...databases.map((host) =>
        inside(host, ['sh', '-c', restoreDatabaseScript, 'reset', dataDirectory, firstData]),
      ),
      ...poolers.map((host) => inside(host, ['sh', '-c', resetRepositoryScript])),
    ])
    await waitForHealth(record, 30)
    await Promise.all(databases.map((host) => inside(host, ['sh', '-c', startedScript])))
  })
  return (performance.now() - started) / 1000
}

/** Folder in the archive that names what the repository of backups still lacks. */
const queue = 'pgbackrest'

/** A history file or segment of a timeline that no longer is would lead the standbys there. */
async function forgetLaterSegments(lab: string): Promise<void> {
  const {archive, firstArchive} = labPaths(lab)
  const first = z.array(z.string()).parse(JSON.parse(await readFile(firstArchive, 'utf8')))
  const later = (await readdir(archive)).filter((name) => !first.includes(name) && name !== queue)
  const queued = await readdir(join(archive, queue))
  const gone = [...later, ...queued.map((name) => join(queue, name))]
  await Promise.all(gone.map((name) => rm(join(archive, name), {force: true})))
}

/** Whether the cluster is as the playbook made it, so that it may be remembered. */
export const isFirstState = async (record: LabRecord): Promise<boolean> =>
  (await labHealth(record)).primary === 'db1'

function roles({hosts}: LabRecord): {databases: HostRecord[]; poolers: HostRecord[]; others: HostRecord[]} {
  const databases = hosts.filter(({hasDataDisk}) => hasDataDisk)
  const poolers = hosts.filter(({name}) => name.startsWith('edge'))
  return {
    databases,
    poolers,
    others: hosts.filter((host) => !databases.includes(host) && !poolers.includes(host)),
  }
}

async function inside(host: HostRecord, argv: Argv): Promise<void> {
  const {status, stderr} = await runInside(host, argv, {timeoutSeconds: 60})
  if (status === 0) return
  throw new PpError('degraded', 'LAB_RESET_FAILED', {
    message: `${host.name} could not be brought to its first state: ${stderr.trim()}`,
    hint: 'Make the lab anew: pp lab down, then pp lab up',
  })
}

const noFirstState = (lab: string): PpError =>
  refusal('LAB_NO_FIRST_STATE', {
    message: `Lab "${lab}" has no copy of its first state.`,
    hint: 'Make the lab anew: pp lab down, then pp lab up',
  })
