import {redact} from '../redact.ts'
import type {Progress} from './progress.ts'

/** NDJSON on stdout, one line a change; the last line is the result. */
export interface EventSink {
  emit(event: Readonly<Record<string, unknown>>): void
}

/** @param write receives whole lines; stdout unless told otherwise. */
export function createEventSink(
  write: (line: string) => unknown = (line) => process.stdout.write(line),
): EventSink {
  return {
    emit: (event) => void write(redact(`${JSON.stringify({at: new Date().toISOString(), ...event})}\n`)),
  }
}

/** The result as the last line, as it is: the same document that `--json` prints. */
export function writeResultLine(result: unknown): void {
  process.stdout.write(redact(`${JSON.stringify(result)}\n`))
}

/** Progress as events; the times are for reading, not for computing with. */
export function eventProgress(sink: EventSink): Progress {
  return {
    start(id, title) {
      sink.emit({event: 'started', id, title})
    },
    detail(id, text) {
      sink.emit({event: 'detail', id, text})
    },
    done(id, text) {
      sink.emit({event: 'done', id, ...(text === undefined ? {} : {text})})
    },
    failed(id, text) {
      sink.emit({event: 'failed', id, text})
    },
    note(text) {
      sink.emit({event: 'note', text})
    },
    end: () => Promise.resolve(),
  }
}
