type Signal = 'SIGINT' | 'SIGTERM'

/** Listens for Ctrl-C and SIGTERM while an operation acts. */
export interface Interruption {
  readonly signal: () => Signal | undefined
  readonly stop: () => void
}

/**
 * @param onFirst says at once what happens now; the engine looks at `signal()` between steps.
 * @param onSecond last words before the process leaves; guards stay armed and finish what clients need.
 */
export function listenForInterruption(onFirst: () => void, onSecond: () => void): Interruption {
  let received: Signal | undefined
  const receive = (signal: Signal) => {
    if (received) {
      onSecond()
      if (process.stderr.isTTY) process.stderr.write('\u001B[?25h') // the live display hid the cursor
      process.kill(process.pid, 'SIGKILL')
    }
    received = signal
    onFirst()
  }
  const onInterrupt = () => {
    receive('SIGINT')
  }
  const onTerminate = () => {
    receive('SIGTERM')
  }
  process.on('SIGINT', onInterrupt)
  process.on('SIGTERM', onTerminate)
  return {
    signal: () => received,
    stop: () => {
      process.off('SIGINT', onInterrupt)
      process.off('SIGTERM', onTerminate)
    },
  }
}
