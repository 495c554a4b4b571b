import type {Progress, ProgressStream} from './progress.ts'
import {stepLine} from './step-line.ts'
import {formatDuration} from '../duration.ts'
import {redact} from '../redact.ts'

/** One line a change with the time in front, and a sign of life when nothing changes for long; no escape codes. */
export function plainProgress(stream: ProgressStream, heartbeatSeconds: number): Progress {
  const running = new Map<string, {title: string; startedMs: number; detail: string | undefined}>()
  let lastMs = performance.now()
  const print = (text: string) => {
    lastMs = performance.now()
    stream.write(redact(`${new Date().toTimeString().slice(0, 8)}  ${text}\n`))
  }
  const beat = setInterval(
    () => {
      if (performance.now() - lastMs < heartbeatSeconds * 1000) return
      for (const {title, startedMs, detail} of running.values()) {
        const waited = formatDuration((performance.now() - startedMs) / 1000)
        print(`… ${title}${detail === undefined ? '' : `: ${detail}`} (${waited})`)
      }
    },
    Math.min(1000, heartbeatSeconds * 250),
  )
  beat.unref()
  const ended = (id: string, symbol: string, text: string | undefined) => {
    const step = running.get(id)
    running.delete(id)
    if (step) print(`${symbol} ${stepLine(text ?? step.title, step.startedMs)}`)
    else if (text !== undefined) print(`${symbol} ${text}`)
  }
  return {
    start(id, title) {
      running.set(id, {title, startedMs: performance.now(), detail: undefined})
      print(`… ${title}`)
    },
    detail(id, text) {
      const step = running.get(id)
      if (!step || step.detail === text) return
      step.detail = text
      print(`… ${step.title}: ${text}`)
    },
    done: (id, text) => {
      ended(id, '✔', text)
    },
    failed: (id, text) => {
      ended(id, '✖', text)
    },
    note: print,
    end() {
      clearInterval(beat)
      return Promise.resolve()
    },
  }
}
