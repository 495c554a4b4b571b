// The hand-made floor: what a change of primary costs when it is done by somebody who knows exactly what is there, in
// one process, over connections opened beforehand, with no lock, no journal, no guard and no check. It uses none of
// pp's own drivers, so that the comparison says something about them.
import {readFileSync} from 'node:fs'
import path from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'

import type pg from 'pg'

import {labPaths} from '../../../src/lib/lab/paths.ts'
import {findHost, type LabRecord} from '../../../src/lib/lab/state.ts'
import {RootHost} from './root-shell.ts'

export const members = ['db1', 'db2', 'db3'] as const
export type Member = (typeof members)[number]
const poolers = {edge1: ['main-1'], edge2: ['main-1', 'main-2']} as const
const unit = 'postgresql@15-main.service'
const dataFolder = '/var/lib/postgresql/15/main'
const controlData = '/usr/lib/postgresql/15/bin/pg_controldata'
const targetFile = '/etc/pgbouncer/targets/main.ini'

export type StepTimes = Readonly<Record<string, number>>

export class Floor {
  readonly #members: ReadonlyMap<string, RootHost>
  readonly #edges: readonly RootHost[]
  readonly #consoles: readonly pg.Client[]

  private constructor(all: readonly RootHost[], edges: readonly RootHost[], consoles: readonly pg.Client[]) {
    this.#members = new Map(all.map((host) => [host.name, host]))
    this.#edges = edges
    this.#consoles = consoles
  }

  static async open(record: LabRecord): Promise<Floor> {
    const open = (name: string) => RootHost.open(record.name, name, findHost(record, name).ip)
    const [all, edges] = await Promise.all([
      Promise.all(members.map(open)),
      Promise.all(Object.keys(poolers).map(open)),
    ])
    const password = readFileSync(path.join(labPaths(record.name).secrets, 'pp_admin'), 'utf8').trim()
    const consoles = await Promise.all(
      edges.flatMap((edge) =>
        poolers[edge.name as keyof typeof poolers].map((process) =>
          edge.console(`/run/pgbouncer/${process}/.s.PGSQL.6432`, password),
        ),
      ),
    )
    return new Floor(all, edges, consoles)
  }

  async primary(): Promise<Member> {
    const inRecovery = await Promise.all(
      members.map(async (name) => (await this.#ask(name, 'select pg_is_in_recovery();')) === 't'),
    )
    const writable = members.filter((_, index) => inRecovery[index] === false)
    const [only] = writable
    if (only === undefined || writable.length > 1)
      throw new Error(`Writable: ${writable.join(' ') || 'none'}`)
    return only
  }

  /** Waits until both standbys stream from the primary and have all of it. */
  async settled(primary: Member): Promise<void> {
    const deadline = Date.now() + 60_000
    while (Date.now() < deadline) {
      const caughtUp = await this.#ask(
        primary,
        "select count(*) from pg_stat_replication where state = 'streaming' and pg_current_wal_lsn() - replay_lsn < 65536;",
      )
      if (caughtUp === '2') return
      await sleep(100)
    }
    throw new Error(`The standbys do not stream from ${primary}`)
  }

  /** Moves the primary. @returns milliseconds by step; those of `window` are when writes wait. */
  async switchover(from: Member, to: Member): Promise<StepTimes> {
    const clock = new StepClock()
    const sibling = members.find((name) => name !== from && name !== to)
    if (sibling === undefined) throw new Error('Three members are needed')
    await this.#prepare(from, to, sibling)
    clock.lap('prepare')
    const [oldShell, candidate] = [this.#host(from).shell, await this.#host(to).psql()]
    const files = this.#edges.map((edge) => edge.shell.ask(stageTarget(to)))
    await Promise.all(files)
    await this.#onConsoles('set server_login_retry = 0')
    clock.lap('open')

    const windowClock = new StepClock()
    await this.#onConsoles('pause pixelpulse')
    windowClock.lap('pause')
    const moved = this.#edges.map((edge) => edge.shell.ask(`mv -f ${targetFile}.next ${targetFile}`))
    const stopLsn = await oldShell.ask(stopLine)
    windowClock.lap('stop')
    const promoted = await candidate.ask(promoteBlock(stopLsn))
    if (promoted !== 'f') throw new Error(`${to} was not promoted: ${promoted}`)
    windowClock.lap('replay and promote')
    await Promise.all(moved)
    await this.#onConsoles('reload', 'set server_login_retry = 0', 'resume pixelpulse')
    windowClock.lap('reload and resume')
    clock.lap('window')
    candidate.end()

    await this.#rejoin(from, to, sibling)
    // Not earlier: a login that the pause cut short counts as failed until another one has succeeded.
    await this.#onConsoles('set server_login_retry = 15')
    clock.lap('rejoin')
    return {...clock.times, ...windowClock.times}
  }

  /** The host of the primary is off: promotes, and leads everybody there. @returns milliseconds by step. */
  async failover(from: Member, to: Member): Promise<StepTimes> {
    const clock = new StepClock()
    const sibling = members.find((name) => name !== from && name !== to)
    if (sibling === undefined) throw new Error('Three members are needed')
    const files = this.#edges.map((edge) => edge.shell.ask(stageTarget(to)))
    const promoted = await this.#ask(to, `${makeSlot(sibling)} select pg_promote(true, 30);`)
    if (!promoted.endsWith('t')) throw new Error(`${to} was not promoted: ${promoted}`)
    clock.lap('promote')
    await this.#ask(sibling, follow(sibling, to))
    clock.lap('follow')
    await Promise.all(files)
    await Promise.all(this.#edges.map((edge) => edge.shell.ask(`mv -f ${targetFile}.next ${targetFile}`)))
    // Their connections lead to a host that will never answer.
    await this.#onConsoles('reload', 'set server_login_retry = 0', 'kill pixelpulse', 'resume pixelpulse')
    clock.lap('repoint')
    return clock.times
  }

  async versions(): Promise<{readonly postgres: string; readonly pgbouncer: string}> {
    const [console] = this.#consoles
    const answer = await console?.query<{version: string}>('show version')
    return {
      postgres: await this.#ask('db1', 'show server_version;'),
      pgbouncer: answer?.rows[0]?.version ?? 'PgBouncer',
    }
  }

  close(): void {
    for (const console of this.#consoles) void console.end().catch(() => undefined)
    for (const host of [...this.#members.values(), ...this.#edges]) host.close()
  }

  /** All that can be done while clients still write. */
  async #prepare(from: Member, to: Member, sibling: Member): Promise<void> {
    await this.#ask(to, [from, sibling].map(makeSlot).join(' '))
    await this.#ask(sibling, follow(sibling, to))
    await this.#ask(from, follow(from, to))
    const mask = `systemctl mask --runtime ${unit} 2>/dev/null; systemctl show -P LoadState ${unit}`
    const masked = await this.#host(from).shell.ask(mask)
    if (masked !== 'masked') throw new Error(`${unit} on ${from} is ${masked}`)
    await this.#wait(
      to,
      `select count(*) = 1 from pg_stat_replication where application_name = '${sibling}'
      and state = 'streaming';`,
    )
    for (const member of [from, to, from] as const) await this.#ask(member, 'checkpoint;')
  }

  async #rejoin(from: Member, to: Member, sibling: Member): Promise<void> {
    await this.#host(from).shell.ask(
      `systemctl unmask --runtime ${unit} 2>/dev/null; systemctl reset-failed ${unit}; while pgrep -u postgres -x postgres >/dev/null; do sleep 0.02; done; systemctl start --no-block ${unit}`,
    )
    await this.#ask(to, 'checkpoint;')
    await this.#wait(
      to,
      `select count(*) = 1 from pg_stat_replication where application_name = '${from}'
      and state = 'streaming';`,
    )
    await this.#ask(from, [to, sibling].map(dropSlot).join(' '))
  }

  async #wait(member: Member, question: string): Promise<void> {
    const deadline = Date.now() + 30_000
    while (Date.now() < deadline) {
      if ((await this.#ask(member, question)) === 't') return
      await sleep(20)
    }
    throw new Error(`On ${member} for 30 s not so: ${question}`)
  }

  async #onConsoles(...commands: readonly string[]): Promise<void> {
    await Promise.all(
      this.#consoles.map(async (console) => {
        for (const command of commands) await console.query(command)
      }),
    )
  }

  /** A question outside the window, in a session of its own, as sessions do not survive a stop. */
  async #ask(member: Member, sql: string): Promise<string> {
    const host = this.#host(member)
    return host.shell.ask(
      `cd /; setpriv --reuid=postgres --regid=postgres --init-groups psql -XAtq -d postgres <<'SQL'\n${sql}\nSQL`,
    )
  }

  #host(name: string): RootHost {
    const host = this.#members.get(name)
    if (host === undefined) throw new Error(`No host ${name}`)
    return host
  }
}

/** Looks at the control file where it lies, until it says exactly "shut down"; answers with the last record's start. */
const stopLine = `touch ${dataFolder}/standby.signal; chown postgres: ${dataFolder}/standby.signal
kill -INT $(head -1 ${dataFolder}/postmaster.pid)
until c=$(LC_ALL=C ${controlData} ${dataFolder}); [[ $c == *"Database cluster state:"*" shut down"$'\\n'* ]]; do sleep 0.005; done
[[ $c =~ Latest\\ checkpoint\\ location:\\ +([0-9A-F/]+) ]]; echo \${BASH_REMATCH[1]}`

/** One statement: has replayed past the old primary's last record, then promotes, asking again each 15 ms until done. */
const promoteBlock = (stopLsn: string): string => `do $$ begin
  while pg_last_wal_replay_lsn() <= '${stopLsn}' loop perform pg_sleep(0.001); end loop;
  while pg_is_in_recovery() loop
    begin perform pg_promote(false); exception when object_not_in_prerequisite_state then null; end;
    for look in 1..15 loop exit when not pg_is_in_recovery(); perform pg_sleep(0.001); end loop;
  end loop;
end $$; select pg_is_in_recovery();`

const stageTarget = (to: string): string =>
  `umask 027; printf '[databases]\\npixelpulse = host=%s port=5432 dbname=pixelpulse\\n' ${to} >${targetFile}.next; chown root:postgres ${targetFile}.next; sync ${targetFile}.next`

const makeSlot = (name: string): string =>
  `select pg_create_physical_replication_slot('${name}', true) where not exists
   (select from pg_replication_slots where slot_name = '${name}');`

const dropSlot = (name: string): string =>
  `select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = '${name}' and not active;`

const follow = (name: string, upstream: string): string =>
  `alter system set primary_conninfo = 'host=${upstream} port=5432 user=pp_replication passfile=/var/lib/postgresql/.pgpass application_name=${name} connect_timeout=5';
   alter system set primary_slot_name = '${name}'; select pg_reload_conf();`

class StepClock {
  #last = performance.now()
  readonly times: Record<string, number> = {}

  lap(step: string): void {
    const now = performance.now()
    this.times[step] = now - this.#last
    this.#last = now
  }
}
