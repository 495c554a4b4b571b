import type {StepContext} from '../../operation/types.ts'

/** Between two looks at whether everything is to be put back. */
const interruptedEveryMs = 100

export interface Patience extends Disposable {
  /** Aborts when time has run out, or everything is to be put back. */
  readonly signal: AbortSignal
}

export function patience(seconds: number, context: Pick<StepContext, 'isInterrupted'>): Patience {
  const stop = new AbortController()
  const deadline = setTimeout(() => stop.abort(), Math.max(0, seconds) * 1000)
  const interrupted = setInterval(() => {
    if (context.isInterrupted()) stop.abort()
  }, interruptedEveryMs)
  return {
    signal: stop.signal,
    [Symbol.dispose]() {
      clearTimeout(deadline)
      clearInterval(interrupted)
    },
  }
}
