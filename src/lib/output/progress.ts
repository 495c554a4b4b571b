import {eventProgress, type EventSink} from './events.ts'
import {liveProgress} from './progress-live.ts'
import {plainProgress} from './progress-plain.ts'

/**
 * What happens, as it happens. Steps may overlap; an id that is started again is a new step.
 *
 * Nothing here can fail: that nobody reads along must not stop an operation.
 */
export interface Progress {
  start(id: string, title: string): void
  /** What the step waits for or has reached; replaces its earlier detail. */
  detail(id: string, text: string): void
  /** @param text what was done, with the measured value; the title when left out. */
  done(id: string, text?: string): void
  failed(id: string, text: string): void
  /** A line of its own, such as a warning. */
  note(text: string): void
  /** Stops the display; results may be printed afterwards. Steps under way are left as they are. */
  end(): Promise<void>
}

export interface ProgressStream {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

interface ProgressOptions {
  readonly stream?: ProgressStream
  /** Where each change goes as NDJSON too, under `--events`. */
  readonly events?: EventSink | undefined
  readonly heartbeatSeconds?: number
}

/** A live list at a terminal, a plain line a change elsewhere; both on stderr, since stdout carries results. */
export function createProgress({
  stream = process.stderr,
  events,
  heartbeatSeconds = 10,
}: ProgressOptions = {}): Progress {
  const shown = isLive(stream) ? liveProgress() : plainProgress(stream, heartbeatSeconds)
  return events === undefined ? shown : both(shown, eventProgress(events))
}

// A pseudo-terminal without a size would get one character a line. NO_COLOR asks for no colour, TERM=dumb for no codes.
function isLive(stream: ProgressStream): boolean {
  return (
    stream === process.stderr &&
    stream.isTTY === true &&
    Boolean(stream.columns) &&
    process.env.TERM !== 'dumb'
  )
}

function both(first: Progress, second: Progress): Progress {
  return {
    start: (id, title) => [first, second].forEach((each) => each.start(id, title)),
    detail: (id, text) => [first, second].forEach((each) => each.detail(id, text)),
    done: (id, text) => [first, second].forEach((each) => each.done(id, text)),
    failed: (id, text) => [first, second].forEach((each) => each.failed(id, text)),
    note: (text) => [first, second].forEach((each) => each.note(text)),
    end: async () => {
      await first.end()
      await second.end()
    },
  }
}
