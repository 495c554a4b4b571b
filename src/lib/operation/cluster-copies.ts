import {readCopy, setAside, writeCopy, type JournalCopy} from '../drivers/kubernetes/journal-copy.ts'
import type {ClusterWriter} from '../drivers/kubernetes/types.ts'
import type {Copies} from './copies.ts'
import {bestChain} from './elsewhere.ts'
import {parseLine, type Journal} from './journal.ts'

interface Place {
  readonly namespace: string
  readonly api: ClusterWriter
}

/** The lines of an operation as the clusters have them; undefined where none that answers has a whole chain. */
export async function chainInClusters(
  operation: string,
  clusters: readonly Place[],
): Promise<readonly string[] | undefined> {
  const answers = await Promise.allSettled(
    clusters.map(({namespace, api}) => readCopy(api, {namespace, operation})),
  )
  return bestChain(
    answers.flatMap((answer) => (answer.status === 'fulfilled' && answer.value ? [answer.value.lines] : [])),
    operation,
  )
}

export interface ClusterCopies extends Copies {
  /** Nothing is sent from now on. */
  readonly stop: () => Promise<void>
}

/**
 * Keeps a copy of the journal in each cluster in step with it. A cluster that does not answer is not waited for; it gets
 * what it missed with the next lines.
 */
export function copyToClusters(
  journal: Journal,
  clusters: readonly Place[],
  target: string,
  gatherMs: number,
): ClusterCopies {
  const copies = clusters.map((cluster) => new Copy(journal, cluster, target))
  let timer: NodeJS.Timeout | undefined
  const send = async () => {
    clearTimeout(timer)
    timer = undefined
    await Promise.all(copies.map((copy) => copy.bringUpToDate()))
  }
  journal.onAppend = () => {
    timer ??= setTimeout(() => void send(), gatherMs)
  }
  return {
    flush: send,
    async stop() {
      journal.onAppend = () => undefined
      await send()
    },
  }
}

class Copy {
  readonly #journal: Journal
  readonly #place: Place
  readonly #target: string
  #known: JournalCopy | undefined
  #sent = Promise.resolve()

  constructor(journal: Journal, place: Place, target: string) {
    this.#journal = journal
    this.#place = place
    this.#target = target
  }

  /** After what is under way; never rejects. */
  bringUpToDate(): Promise<void> {
    this.#sent = this.#sent.then(() => this.#send()).catch(() => undefined)
    return this.#sent
  }

  async #send(): Promise<void> {
    const {id: operation, lines} = this.#journal
    const {namespace, api} = this.#place
    this.#known ??= await readCopy(api, {namespace, operation})
    const there = this.#known?.lines
    if (there?.length === lines.length && there.at(-1) === lines.at(-1)) return
    if (!(await this.#mayReplace())) return
    const place = {namespace, operation, target: this.#target}
    const written = await writeCopy(api, place, lines, this.#known?.version)
    // Read again with the next lines.
    this.#known = written === 'conflict' ? undefined : written
  }

  /** A chain that is not ours is kept beside it; one of a later holder stays: the higher token wins. */
  async #mayReplace(): Promise<boolean> {
    const there = this.#known?.lines ?? []
    const {id: operation, lines, token} = this.#journal
    if (there.every((line, n) => line === lines[n])) return true
    if (parseLine(there.at(-1) ?? '', operation).token > token) return false
    await setAside(this.#place.api, {namespace: this.#place.namespace, operation}, there)
    this.#known = await readCopy(this.#place.api, {namespace: this.#place.namespace, operation})
    return true
  }
}
