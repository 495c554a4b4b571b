import {readCopy, setAside, writeCopy, type JournalCopy} from '../drivers/kubernetes/journal-copy.ts'
import type {ClusterWriter} from '../drivers/kubernetes/types.ts'
import {Copy, keepInStep, type Copies} from './copies.ts'
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

/** Keeps a copy of the journal in each cluster in step with it. */
export function copyToClusters(
  journal: Journal,
  clusters: readonly Place[],
  target: string,
  gatherMs: number,
): ClusterCopies {
  const {flush} = keepInStep(
    journal,
    clusters.map((cluster) => new ClusterCopy(journal, cluster, target)),
    gatherMs,
  )
  return {
    flush,
    async stop() {
      journal.onAppend = () => undefined
      await flush()
    },
  }
}

class ClusterCopy extends Copy {
  readonly #journal: Journal
  readonly #place: Place
  readonly #target: string
  #known: JournalCopy | undefined

  constructor(journal: Journal, place: Place, target: string) {
    super()
    this.#journal = journal
    this.#place = place
    this.#target = target
  }

  protected async send(): Promise<void> {
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
