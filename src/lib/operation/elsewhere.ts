import {dirname} from 'node:path'

import type {Helper} from '../drivers/helper/types.ts'
import {lockedError, type PpError} from '../errors.ts'
import {brokenLink, Journal, parseLine, readableRecords} from './journal.ts'
import {summaryOf, writeJournal, type OperationSummary} from './store.ts'
import type {Keeper} from './types.ts'

// An operation may go on from another machine while this one sleeps or is cut off; its own journal then knows nothing of
// what was done there. Whoever goes on has locked anew, so the copies carry a higher token.

/** The lines of an operation as the voters have them; undefined where none has a whole chain. */
export async function chainOnVoters(
  id: string,
  voters: readonly Helper[],
  target: string,
): Promise<readonly string[] | undefined> {
  const answers = await Promise.allSettled(
    voters.map((voter) => voter.call('journal-read', {target, operation: id}, {timeoutSeconds: 5})),
  )
  return bestChain(
    answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value.lines] : [])),
    id,
  )
}

/** Of several copies the one that counts; undefined where none is whole. */
export function bestChain(copies: readonly (readonly string[])[], id: string): readonly string[] | undefined {
  const whole = copies.filter((lines) => lines.length > 0 && brokenLink(lines) === undefined)
  // Of chains that differ the one with the highest token wins, then the longest: it has seen the latest holder.
  const [best] = whole.sort(
    (one, other) => tokenOf(other, id) - tokenOf(one, id) || other.length - one.length,
  )
  return best
}

/**
 * Takes what the keepers of the copies have for this machine's own journal where the operation has gone on from another machine.
 *
 * @returns what has become of it; undefined when this machine knows the latest.
 */
export async function catchUp(
  journal: Pick<Journal, 'id' | 'file' | 'token'>,
  keeper: Pick<Keeper, 'chain'>,
): Promise<OperationSummary | undefined> {
  const {id, file, token} = journal
  const chain = await keeper.chain(id)
  if (!chain || tokenOf(chain, id) <= token) return undefined
  adoptChain(dirname(dirname(file)), id, chain)
  return summaryOf(id, readableRecords(chain))
}

export function adoptChain(operationsFolder: string, id: string, lines: readonly string[]): void {
  writeJournal(operationsFolder, id, lines)
  const journal = Journal.open(operationsFolder, id)
  journal.append('adopted', {lines: lines.length})
  journal.close()
}

export function takenOverElsewhere({id, outcome}: OperationSummary): PpError {
  const how = outcome === undefined ? 'is unfinished there' : `ended there: ${outcome}`
  return lockedError('OPERATION_TAKEN_OVER', {
    message: `Operation ${id} was gone on with from another machine and ${how}; this one stops here.`,
    hint: outcome === undefined ? `pp op resume ${id}, or pp op abort ${id}` : `pp op show ${id}`,
  })
}

const tokenOf = (lines: readonly string[], id: string): number => parseLine(lines.at(-1) ?? '', id).token
