import {formatSize} from '../../size.ts'
import {lsnBytes, type Lsn} from '../lsn.ts'
import {listedStandbys, synchronousStandbys} from '../synchronous.ts'
import type {LossLimit} from '../../loss-limit.ts'
import type {LossBound, Position} from './types.ts'

/** What is known of a lost primary's writes. */
export interface LossFacts {
  readonly from: string
  /** All members of the cluster, the lost one too. */
  readonly members: readonly string[]
  /** `synchronous_standby_names` as it was in force there. */
  readonly synchronousNames: string
  /** Standbys that nothing streams to any more. */
  readonly positions: readonly Pick<Position, 'host' | 'lsn'>[]
  /** End of the WAL on its own disk, where that could be read after it was stopped. */
  readonly endOnDisk: Lsn | undefined
  /** Whether its disk is going to be read, so that nothing will be missing. */
  readonly isDiskReadable: boolean
  /** Age of the newest heartbeat that a standby has, seconds. */
  readonly heartbeatAgeSeconds: number | undefined
}

/**
 * How much acknowledged WAL can be missing on the most advanced standby.
 *
 * A commit that waited for W of R standbys is on at least one of any R − W + 1 of them, so the most advanced of so many
 * has every commit that was acknowledged, and the lost primary can acknowledge none any more. That holds for commits
 * that wait: a session may lower `synchronous_commit` for itself.
 */
export function lossBound(facts: LossFacts): LossBound {
  const {from, members, synchronousNames, positions, endOnDisk, isDiskReadable, heartbeatAgeSeconds} = facts
  const best = positions.reduce(
    (greatest, {lsn}) => (lsnBytes(lsn) > greatest ? lsnBytes(lsn) : greatest),
    0n,
  )
  if (positions.some(({host}) => host === from))
    return {bytes: 0, seconds: 0, because: `${from}, the last primary, was read itself`}
  if (endOnDisk !== undefined) {
    const missing = lsnBytes(endOnDisk) - best
    const bytes = missing > 0n ? Number(missing) : 0
    return {
      bytes,
      seconds: bytes === 0 ? 0 : undefined,
      because: `WAL on the disk of ${from} ends at ${endOnDisk}: ${formatSize(bytes)} more`,
    }
  }
  const standbys = positions.map(({host}) => host)
  const {awaited, eligible, votes, needed} = ballot(synchronousNames, members, from, standbys)
  if (needed !== undefined) {
    if (votes >= needed)
      return {
        bytes: 0,
        seconds: 0,
        because: `every commit waited for ${awaited} of ${eligible.join(', ')}, and ${votes} of them were read (${needed} are enough)`,
      }
    if (!isDiskReadable)
      return {
        bytes: undefined,
        seconds: heartbeatAgeSeconds,
        because: `commits waited for ${awaited} of ${eligible.join(', ')}, but only ${votes} of them could be read and ${needed} are needed`,
      }
  }
  if (isDiskReadable)
    return {bytes: 0, seconds: 0, because: `what its standbys lack is fetched from the disk of ${from}`}
  const age =
    heartbeatAgeSeconds === undefined
      ? 'no heartbeat is known'
      : `the newest heartbeat is ${heartbeatAgeSeconds.toFixed(1)} s old`
  return {bytes: undefined, seconds: heartbeatAgeSeconds, because: `replication was asynchronous; ${age}`}
}

/**
 * How many of the standbys that count for `synchronous_standby_names` are at hand, and how many are needed so that every
 * commit is on one of them, and none can be acknowledged without them. `needed` is undefined when commits wait for nobody.
 */
export function ballot(
  synchronousNames: string,
  members: readonly string[],
  from: string,
  standbys: readonly string[],
) {
  const awaited = synchronousStandbys(synchronousNames)
  const eligible = listedStandbys(
    synchronousNames,
    members.filter((member) => member !== from),
  )
  const votes = standbys.filter((host) => eligible.includes(host)).length
  return {awaited, eligible, votes, needed: awaited === 0 ? undefined : eligible.length - awaited + 1}
}

/** Whether what may be missing is within what may be missing. What is not known is over every limit but "any". */
export function isWithin({bytes, seconds}: LossBound, limit: LossLimit): boolean {
  if (bytes === 0) return true
  if (limit.bytes !== undefined) return bytes !== undefined && bytes <= limit.bytes
  if (limit.seconds !== undefined) return seconds !== undefined && seconds <= limit.seconds
  return true
}

export function showLimit({bytes, seconds}: LossLimit): string {
  if (bytes !== undefined) return formatSize(bytes)
  return seconds === undefined ? 'any' : `${seconds} s`
}

export function showBound({bytes, seconds}: LossBound): string {
  if (bytes !== undefined) return formatSize(bytes)
  return seconds === undefined ? 'not known' : `up to ${seconds.toFixed(1)} s of writes`
}
