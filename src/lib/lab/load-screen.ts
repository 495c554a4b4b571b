import type {LoadProgress} from './load-protocol.ts'
import type {LoadVerdict} from './load-verdict.ts'

/** Without a terminal a line comes this often when nothing special happens. */
const heartbeatSeconds = 5

interface Stream {
  readonly isTTY?: boolean
  write(text: string): unknown
}

/** One line that lives at a terminal; elsewhere a line now and then, and at once when something went wrong. */
export class LoadScreen {
  readonly #stream: Stream
  #troubles = 0
  #shownAt = -Infinity
  #before: LoadProgress | undefined

  constructor(stream: Stream) {
    this.#stream = stream
  }

  show(progress: LoadProgress): void {
    const line = progressLine(progress, this.#before)
    this.#before = progress
    if (this.#stream.isTTY === true) {
      this.#stream.write(`\r\u001B[2K${line}`)
      return
    }
    const troubles = progress.failed + progress.unknown
    if (troubles === this.#troubles && progress.seconds - this.#shownAt < heartbeatSeconds - 0.5) return
    this.#troubles = troubles
    this.#shownAt = progress.seconds
    this.#stream.write(`${line}\n`)
  }

  end(text: string): void {
    this.#stream.write(this.#stream.isTTY === true ? `\r\u001B[2K${text} …\n` : `${text}\n`)
  }
}

/** Fits 80 columns: ` 12 s    812/s    14208 ok  0 failed  0 unknown  longest gap 118 ms`. */
export function progressLine(now: LoadProgress, before?: LoadProgress): string {
  const seconds = now.seconds - (before?.seconds ?? 0)
  const perSecond = Math.round((now.acknowledged - (before?.acknowledged ?? 0)) / seconds)
  const state =
    now.quietMs > 500 ? `no commit for ${duration(now.quietMs)}` : `longest gap ${duration(now.longestGapMs)}`
  return [
    `${Math.round(now.seconds)} s`.padStart(5),
    `${perSecond}/s`.padStart(7),
    `${now.acknowledged} ok`.padStart(10),
    `${now.failed} failed`,
    `${now.unknown} unknown`,
    state,
  ].join('  ')
}

export function verdictText(verdict: LoadVerdict): string {
  const lines = [
    `${verdict.outcome}  ${summary(verdict)}`,
    `      ${verdict.acknowledged} acknowledged, ${verdict.failed} failed, ${verdict.unknown} without an answer` +
      (verdict.unknown > 0 ? ` (${verdict.unknownPresent} of them in the table).` : '.'),
    `      Longest time without a commit ${duration(verdict.longestGapMs)}, longest wait of a client ${duration(verdict.longestWaitMs)}.`,
    ...(verdict.errors.length > 0
      ? [
          `      Errors: ${verdict.errors
            .slice(0, 5)
            .map(({code, count}) => `${code} ${count}×`)
            .join(', ')}`,
        ]
      : []),
    ...(verdict.lostRows.length > 0 ? [`      Lost, the first ones: ${verdict.lostRows.join(' ')}`] : []),
    ...(verdict.ledger === undefined ? [] : [`      Ledger kept: ${verdict.ledger}`]),
  ]
  return lines.join('\n')
}

function summary({lost, duplicated, failedPresent, writable}: LoadVerdict): string {
  if (writable.length === 0)
    return 'No member accepts writes, so the table could not be read: nothing is proved.'
  if (writable.length > 1) return `${writable.join(' and ')} both accept writes.`
  const parts = [`${lost} lost`, `${duplicated} doubled`]
  if (failedPresent > 0) parts.push(`${failedPresent} reported as failed and yet there`)
  return `${parts.join(', ')}; read from ${writable.join()}.`
}

const duration = (ms: number): string => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`)

/** Resolves at the first SIGINT or SIGTERM, after the time, or when `ended` does. A second signal ends this process. */
export async function firstOfSignalsOr(ended: Promise<void>, seconds: number | undefined): Promise<void> {
  const {promise, resolve} = Promise.withResolvers<undefined>()
  const over = () => resolve(undefined)
  const timer = seconds === undefined ? undefined : setTimeout(over, seconds * 1000)
  process.once('SIGINT', over).once('SIGTERM', over)
  await Promise.race([promise, ended])
  clearTimeout(timer)
  process.removeListener('SIGINT', over).removeListener('SIGTERM', over)
}
