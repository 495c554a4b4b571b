import {messageOf} from '../../errors.ts'
import type {Helper} from '../../drivers/helper/types.ts'
import {HelperRefusal} from '../../drivers/helper/errors.ts'
import {formatSize} from '../../size.ts'
import {until} from '../execute.ts'
import {formatLsn, lsnBytes, type Lsn} from '../lsn.ts'
import {mandate} from '../mandate.ts'
import type {FailoverRun} from './execute.ts'
import {positionNow} from './position.ts'

/** Most that one answer of the host helper carries. */
const pieceBytes = 512 * 1024

/**
 * Brings the WAL that a dead primary wrote and never sent from its disk to the standby that takes over, and lets it
 * replay that. The primary's server is fenced, so its WAL has an end.
 *
 * @returns how much was brought; `problem` instead where the disk could not be read, which costs only what it held.
 */
export async function salvage(
  run: FailoverRun,
  {host, from}: {readonly host: string; readonly from: string},
): Promise<object> {
  const start = run.positions.find((one) => one.host === host)
  if (!start) throw new Error(`${host} told no position`)
  const {systemIdentifier, timeline} = run.intent
  try {
    const source = run.cluster.acts(from)
    const target = run.cluster.database.name
    const place = {target, systemIdentifier, timeline}
    // From a record's end: the last one on that disk may be the one of which this standby has received a part.
    const asked = {...place, lsn: start.replayedLsn}
    const {last, end} = await source.call('wal-end', asked, {timeoutSeconds: 620})
    const bytes = Number(lsnBytes(end) - lsnBytes(start.lsn))
    if (last !== null && bytes > 0) {
      await bring(run, {source, host, from: start.lsn, to: end})
      await replay(run, host, last)
    }
    const reached = await positionNow(run.cluster, host)
    run.positions = run.positions.map((one) => (one.host === host ? reached : one))
    if (from === run.intent.from) run.endOnDisk = reached.lsn
    return {from: start.lsn, to: reached.lsn, bytes: Math.max(bytes, 0)}
  } catch (error) {
    if (!(error instanceof HelperRefusal) && run.cluster.links(from).acts?.gone.aborted === false) throw error
    // Its disk may be what is broken; what may be missing is then measured from the other sources.
    const problem = messageOf(error)
    run.unsalvaged = [...run.unsalvaged, from]
    run.detail(`the disk of ${from} could not be read: ${problem}`)
    return {from: start.lsn, to: start.lsn, bytes: 0, problem}
  }
}

async function bring(
  run: FailoverRun,
  way: {readonly source: Helper; readonly host: string; readonly from: Lsn; readonly to: Lsn},
): Promise<void> {
  const {source, host} = way
  const destination = run.cluster.acts(host)
  const {systemIdentifier, timeline} = run.intent
  const [first, end] = [lsnBytes(way.from), lsnBytes(way.to)]
  for (let position = first; position < end;) {
    const place = {systemIdentifier, timeline, lsn: formatLsn(position)}
    const bytes = Math.min(pieceBytes, Number(end - position))
    const piece = await source.call('wal-read', {target: run.intent.database, ...place, bytes})
    await destination.call('wal-write', {...mandate(run, destination, 10), ...place, content: piece.content})
    position += BigInt(piece.bytes)
    run.detail(`${formatSize(Number(position - first))} of ${formatSize(Number(end - first))}`)
  }
}

/** Nothing streams to it, so it looks for more WAL only every few seconds, or when its settings are read again. */
async function replay(run: FailoverRun, host: string, last: Lsn): Promise<void> {
  const session = await run.cluster.maintenance(host)
  await until(`${host} to replay ${last}`, 120, async () => {
    const [row] = await session.query<{isReplayed: boolean}>(
      'select pg_last_wal_replay_lsn() > $1::pg_lsn as "isReplayed", pg_reload_conf()',
      [last],
    )
    return row?.isReplayed === true
  })
}
