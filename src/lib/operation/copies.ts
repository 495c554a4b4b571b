import type {Helper} from '../drivers/helper/types.ts'
import type {Journal} from './journal.ts'

const gatherMs = 200

/** Copies of the journal on the voters, so that another operator can resume when this machine is lost. */
export interface Copies {
  /** Waits until every voter that answers has everything. */
  readonly flush: () => Promise<void>
}

/**
 * Keeps the copies in step with the journal. Lines are gathered for a moment: each copy is an fsync on a database host,
 * and inside the write gap those would compete with the database's own. Stop and promote are recorded by the helper of
 * the acting host in the same call. A voter that does not answer is not waited for; it gets what it missed with the
 * next lines.
 */
export function copyToVoters(journal: Journal, voters: readonly Helper[], target: string): Copies {
  const copies = voters.map((voter) => new Copy(journal, voter, target))
  let timer: NodeJS.Timeout | undefined
  let sent = Promise.resolve()
  const send = () => {
    clearTimeout(timer)
    timer = undefined
    sent = sent.then(async () => {
      await Promise.allSettled(copies.map((copy) => copy.bringUpToDate()))
    })
  }
  journal.onAppend = () => {
    timer ??= setTimeout(send, gatherMs)
  }
  return {
    flush: async () => {
      send()
      await sent
    },
  }
}

class Copy {
  readonly #journal: Journal
  readonly #voter: Helper
  readonly #target: string
  /** Lines the voter has of our chain; undefined while that is not known. */
  #records: number | undefined

  constructor(journal: Journal, voter: Helper, target: string) {
    this.#journal = journal
    this.#voter = voter
    this.#target = target
  }

  async bringUpToDate(): Promise<void> {
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
