import type {Helper} from '../drivers/helper/types.ts'
import type {Journal} from './journal.ts'

/** Copies of the journal elsewhere, so that another operator can resume when this machine is lost. */
export interface Copies {
  /** Waits until every one has everything, or has failed to take it. */
  readonly flush: () => Promise<void>
}

/** A copy of a journal somewhere else. What is sent to it is sent one after the other. */
export abstract class Copy {
  #sent = Promise.resolve()

  /** After what is under way; never rejects. */
  bringUpToDate(): Promise<void> {
    this.#sent = this.#sent.then(() => this.send()).catch(() => undefined)
    return this.#sent
  }

  protected abstract send(): Promise<void>
}

/**
 * Keeps copies in step with a journal. One that cannot be reached is not waited for; it gets what it missed with the next lines.
 *
 * @param gatherMs how long lines are gathered.
 */
export function keepInStep(journal: Journal, copies: readonly Copy[], gatherMs: number): Copies {
  let timer: NodeJS.Timeout | undefined
  const send = async () => {
    clearTimeout(timer)
    timer = undefined
    await Promise.all(copies.map((copy) => copy.bringUpToDate()))
  }
  journal.onAppend = () => {
    timer ??= setTimeout(() => void send(), gatherMs)
  }
  return {flush: send}
}

/**
 * Keeps the copies on the voters. Stop and promote are recorded by the helper of the acting host in the same call.
 *
 * @param gatherMs each copy is an fsync on a voter.
 */
export const copyToVoters = (
  journal: Journal,
  voters: readonly Helper[],
  target: string,
  gatherMs: number,
): Copies =>
  keepInStep(
    journal,
    voters.map((voter) => new VoterCopy(journal, voter, target)),
    gatherMs,
  )

class VoterCopy extends Copy {
  readonly #journal: Journal
  readonly #voter: Helper
  readonly #target: string
  /** Lines the voter has of our chain; undefined while that is not known. */
  #records: number | undefined

  constructor(journal: Journal, voter: Helper, target: string) {
    super()
    this.#journal = journal
    this.#voter = voter
    this.#target = target
  }

  protected async send(): Promise<void> {
    const records = this.#records ?? (await this.#recordsThere())
    this.#records = undefined
    const {id: operation, token, lines, head} = this.#journal
    // A chain that is not ours is set aside by the helper and kept: the higher token wins.
    const request = {
      target: this.#target,
      operation,
      token,
      append: lines.slice(records),
      head,
      previousHead: this.#journal.headAt(records),
      replace: records === 0,
    }
    if (records < lines.length) await this.#voter.call('journal', request)
    this.#records = request.append.length + records
  }

  async #recordsThere(): Promise<number> {
    const request = {target: this.#target, operation: this.#journal.id}
    const {lines, head} = await this.#voter.call('journal-read', request)
    return head === this.#journal.headAt(lines.length) ? lines.length : 0
  }
}
