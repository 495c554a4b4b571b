import type {JournalRecord} from '../operation/journal.ts'
import {proofOf} from '../operation/steps.ts'
import type {FailoverIntent} from './failover/types.ts'
import {openedAs} from './intent.ts'
import type {OpenIntent} from './open/plan.ts'
import type {RejoinIntent} from './rejoin/types.ts'
import type {RestartIntent} from './restart/restart.ts'
import type {SwitchoverIntent} from './types.ts'

/** How to finish or take back a change of primary with nothing but a shell on the hosts, for the case that `pp` cannot. */
export function manualSteps(records: readonly JournalRecord[]): string {
  const opened = openedAs(records)
  switch (opened.kind) {
    case 'database-switchover':
      return switchoverByHand(opened.intent, records)
    case 'database-failover':
      return failoverByHand(opened.intent)
    case 'database-open':
      return openByHand(opened.intent)
    case 'database-restart':
      return restartByHand(opened.intent)
    case 'database-tag':
      return `By hand there is nothing to do: the tag of ${opened.intent.to} is kept or not. pp op resume writes it again.`
    case 'database-rejoin':
      return rejoinByHand(opened.intent)
  }
}

function failoverByHand({from, to, timeline, database}: FailoverIntent): string {
  return [
    `By hand, ${database} from ${from}, which is lost, to ${to}. First of all: can ${from} still write?`,
    `  its power is off, or on ${from}:  pgrep -u postgres finds nothing, the unit is masked, standby.signal is in its data directory`,
    `  on every other member:  sudo -u postgres psql -Atc 'select pg_is_in_recovery()'     f = accepts writes; never two`,
    '',
    `Forward, only when it cannot:`,
    `  on each standby:  sudo -u postgres psql -Atc 'select pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()'   ${to} must be the furthest`,
    `  on ${to}:  sudo -u postgres psql -c "alter system set synchronous_standby_names = ''" -c 'select pg_reload_conf()' -c 'select pg_promote()'   timeline becomes ${timeline + 1}`,
    `  on each pooler host: ss -K dst ${from}; point every entry at ${to} in /etc/pgbouncer/targets, then on each process: RELOAD; RESUME`,
    `  on the other standbys: alter system set primary_conninfo to ${to}, select pg_reload_conf()`,
    '',
    `Back, only while nobody was promoted (pg_is_in_recovery() is t on ${to}, and no file "promote" in its data directory):`,
    `  on each standby: alter system set primary_conninfo to ${from}, select pg_reload_conf()`,
    `  on ${from} and each pooler host: remove /var/lib/pp/fence/${database}.json; while one has it, the boot gate keeps ${from} read-only`,
    `  on ${from}:  remove standby.signal; systemctl unmask --runtime postgresql@…; systemctl start postgresql@…`,
    `  on each pooler host, on each process: RESUME`,
  ].join('\n')
}

function openByHand({to, timeline, database}: OpenIntent): string {
  return [
    `By hand, ${to} of ${database} made primary, when nobody is. First of all, on every member:`,
    `  sudo -u postgres psql -Atc 'select pg_is_in_recovery(), pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()'`,
    `  all must say t, ${to} must be the furthest, and whoever does not answer must have no power.`,
    '',
    `Forward:`,
    `  on ${to}:  sudo -u postgres psql -c "alter system set synchronous_standby_names = ''" -c 'select pg_reload_conf()' -c 'select pg_promote()'   timeline becomes ${timeline + 1}`,
    `  on the other members: alter system set primary_conninfo to ${to}, select pg_reload_conf()`,
    `  on each pooler host: point every entry at ${to} in /etc/pgbouncer/targets, then on each process: RELOAD; RESUME`,
    `  on ${to}: alter system reset synchronous_standby_names, or set it as it was; select pg_reload_conf()`,
    '',
    `Back, only while nobody was promoted: on each standby primary_conninfo as it was.`,
  ].join('\n')
}

function restartByHand({to, database}: RestartIntent): string {
  return [
    `By hand, ${to} of ${database} started where it is. First of all: was another member promoted?`,
    `  on every other member:  sudo -u postgres psql -Atc 'select pg_is_in_recovery()'     all must say t`,
    `  on ${to}, when none was:  systemctl start postgresql@…     its boot gate asks the others once more`,
  ].join('\n')
}

function rejoinByHand({from, to, conninfo}: RejoinIntent): string {
  return [
    `By hand, ${from} back as a standby of ${to}. PostgreSQL on ${from} must be stopped.`,
    `  on ${from}, as postgres: copy pg_wal aside, then`,
    `    pg_rewind --target-pgdata=… --config-file=… --restore-target-wal --source-server='${conninfo} dbname=postgres'`,
    `    touch standby.signal in the data directory; primary_conninfo = '${conninfo}' in postgresql.auto.conf`,
    `  remove /var/lib/pp/rewind/*.json, systemctl unmask --runtime postgresql@…, systemctl start postgresql@…`,
    `Where that fails: move the data directory aside, copy ${to} anew with pg_basebackup -R, remove /var/lib/pp/clone/*.json too.`,
  ].join('\n')
}

function switchoverByHand(
  {from, to, timeline, database}: SwitchoverIntent,
  records: readonly JournalRecord[],
): string {
  const proof = proofOf(records, 'stop') as {checkpointLsn?: string} | undefined
  return [
    `By hand, ${database} from ${from} to ${to}. First of all: who accepts writes?`,
    `  on ${from} and ${to}:  sudo -u postgres psql -Atc 'select pg_is_in_recovery()'     f = accepts writes; never both`,
    '',
    `Forward, only when ${from} is stopped and has standby.signal in its data directory:`,
    `  on ${to}:  sudo -u postgres psql -Atc 'select pg_last_wal_replay_lsn()'   must be beyond ${proof?.checkpointLsn ?? `the checkpoint that pg_controldata shows on ${from}`}`,
    `  on ${to}:  sudo -u postgres psql -c 'select pg_promote()'                 timeline becomes ${timeline + 1}`,
    `  on each pooler host: point every entry at ${to} in /etc/pgbouncer/targets, then on each process: RELOAD; RESUME`,
    `  on ${from}:  systemctl unmask --runtime postgresql@…; systemctl start postgresql@…   (comes up as a standby)`,
    '',
    `Back, only while ${to} is still in recovery and has no file "promote" in its data directory:`,
    `  on ${from}:  remove standby.signal; systemctl unmask --runtime postgresql@…; systemctl start postgresql@…`,
    `  on each pooler host: point every entry at ${from}, then on each process: RELOAD; RESUME`,
  ].join('\n')
}
