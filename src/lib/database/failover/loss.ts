import {formatSize} from '../../size.ts'
import {lsnBytes, type Lsn} from '../lsn.ts'
import {acknowledging, synchronousStandbys} from '../synchronous.ts'
import type {LossLimit} from '../../loss-limit.ts'
import type {LossBound, Position} from './types.ts'

/** What is known of a lost primary's writes. */
export interface LossFacts {
  /** The last primary; undefined: nobody knows who that was. */
  readonly from: string | undefined
  /** Members of which nothing was read; counts where the last primary is not known. */
  readonly unread: readonly string[]
  /** All members of the cluster, the lost one too. */
  readonly members: readonly string[]
  /** `synchronous_standby_names` as it was in force there, as far as its standbys know. */
  readonly synchronousNames: string
  /** Why it may have been another one at the end; undefined: it was that. */
  readonly namesUnknown: string | undefined
  /** Roles and databases whose commits wait for nobody all the same. */
  readonly loweredFor: readonly string[]
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
 * that wait: what a session lowers `synchronous_commit` for by itself is not counted.
 */
export function lossBound(facts: LossFacts): LossBound {
  const {from, members, synchronousNames, positions, endOnDisk, isDiskReadable, heartbeatAgeSeconds} = facts
  if (from === undefined) return boundOfAll(facts.unread)
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
  const {awaited, eligible, votes, needed, problem} = ballot(synchronousNames, members, from, standbys)
  const doubt = doubtOf(facts, problem)
  if (doubt === undefined)
    return {
      bytes: 0,
      seconds: 0,
      because: `every commit waited for ${awaited} of ${eligible.join(', ')}, and ${votes} of them were read (${needed} are enough)`,
    }
  if (isDiskReadable)
    return {bytes: 0, seconds: 0, because: `what its standbys lack is fetched from the disk of ${from}`}
  const age =
    heartbeatAgeSeconds === undefined
      ? 'no heartbeat is known'
      : `the newest heartbeat is ${heartbeatAgeSeconds.toFixed(1)} s old`
  return {bytes: undefined, seconds: heartbeatAgeSeconds, because: `${doubt}; ${age}`}
}

/** Any member may have been the last primary, and have commits that no other one has. */
function boundOfAll(unread: readonly string[]): LossBound {
  const unknown = 'who was primary last is not known'
  return unread.length === 0
    ? {bytes: 0, seconds: 0, because: `${unknown}, but every member was read`}
    : {
        bytes: undefined,
        seconds: undefined,
        because: `${unknown}; it may have been ${unread.join(' or ')}, of which nothing was read`,
      }
}

/** Why the standbys that were read do not prove that they have every commit. */
function doubtOf({namesUnknown, loweredFor}: LossFacts, undecided: string | undefined): string | undefined {
  if (namesUnknown !== undefined) return `whether commits waited for standbys is not known: ${namesUnknown}`
  if (undecided !== undefined || loweredFor.length === 0) return undecided
  return `commits of ${loweredFor.join(', ')} wait for nobody (synchronous_commit)`
}

/** What the standbys at hand say together of commits that waited for some of those that `synchronous_standby_names` lists. */
export interface Ballot {
  /** How many a commit waits for; 0: it waits for nobody. */
  readonly awaited: number
  /** Who may acknowledge one. */
  readonly eligible: readonly string[]
  /** How many of them are at hand. */
  readonly votes: number
  /** How many have to be, so that every commit is on one of them, and none can be acknowledged without them. */
  readonly needed: number
  /** Why they do not decide it; undefined: they do. */
  readonly problem: string | undefined
}

/** Counts by the whole list: one that is listed and no member may have been the only one that acknowledged. */
export function ballot(
  synchronousNames: string,
  members: readonly string[],
  from: string,
  standbys: readonly string[],
): Ballot {
  const awaited = synchronousStandbys(synchronousNames)
  const listed = acknowledging(synchronousNames, members, from)
  const eligible = listed ?? []
  const votes = standbys.filter((host) => eligible.includes(host)).length
  const needed = eligible.length - awaited + 1
  const strangers = eligible.filter((who) => !members.includes(who))
  const isOpen = listed === undefined
  return {
    awaited,
    eligible,
    votes,
    needed,
    problem: undecided({awaited, eligible, votes, needed, strangers, isOpen}),
  }
}

function undecided({
  awaited,
  eligible,
  votes,
  needed,
  strangers,
  isOpen,
}: Omit<Ballot, 'problem'> & {
  /** Listed, and in no fleet file. */
  readonly strangers: readonly string[]
  /** Whether everybody counts who streams. */
  readonly isOpen: boolean
}): string | undefined {
  if (awaited === 0) return 'replication was asynchronous'
  if (isOpen)
    return `commits waited for ${awaited} of whoever streamed (*), and nobody outside the fleet file can be excluded`
  const waited = `commits waited for ${awaited} of ${eligible.join(', ') || 'nobody'}`
  // Nobody at all would be enough, which proves nothing: with that list no commit could be acknowledged.
  if (needed < 1) return `${waited}, who are too few to acknowledge one`
  if (votes >= needed) return undefined
  const unknown = strangers.length > 0 ? ` (${strangers.join(', ')}: not in the fleet file)` : ''
  return `${waited}${unknown}, but only ${votes} of them could be read and ${needed} are needed`
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

/** How to accept this loss and no greater one, once somebody has read it: a primary that is silent may write meanwhile. */
export function acceptLoss({bytes, seconds}: LossBound, database: string, from: string): string {
  const limit =
    bytes !== undefined
      ? String(bytes)
      : seconds !== undefined
        ? `${Math.ceil((seconds + readingSeconds) / 60)}m`
        : 'any'
  return `Bring the missing standby back, or accept the loss: pp failover db ${database} --from ${from} --max-loss ${limit}`
}

const readingSeconds = 60

export function showBound({bytes, seconds}: LossBound): string {
  if (bytes !== undefined) return formatSize(bytes)
  return seconds === undefined ? 'not known' : `up to ${seconds.toFixed(1)} s of writes`
}
