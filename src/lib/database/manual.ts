import type {JournalRecord} from '../operation/journal.ts'
import {intentOf} from './intent.ts'

/** How to finish or take back a switchover with nothing but a shell on the hosts, for the case that `pp` cannot. */
export function manualSteps(records: readonly JournalRecord[]): string {
  const {from, to, timeline, database} = intentOf(records)
  const stopped = records.findLast(
    (record) => record.type === 'step-done' && (record.data as {kind?: unknown}).kind === 'stop',
  )
  const proof = (stopped?.data as {proof?: {checkpointLsn?: string}} | undefined)?.proof
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
