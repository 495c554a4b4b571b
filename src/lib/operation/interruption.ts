type Signal = 'SIGINT' | 'SIGTERM'

/** timeout(1), a supervisor and a wrapper send one signal to a process and to its group: it arrives twice. */
const onceMs = 200

/** Listens for Ctrl-C and SIGTERM while an operation acts. */
export interface Interruption {
  readonly signal: () => Signal | undefined
  readonly stop: () => void
}

/**
 * @param onFirst says at once what happens now; the engine looks at `signal()` between steps.
 * @param onSecond leaves; guards stay armed and finish what clients need.
 */
export function listenForInterruption(onFirst: () => void, onSecond: () => void): Interruption {
  let received: Signal | undefined
  let receivedAt = 0
  const receive = (signal: Signal) => {
    if (received === undefined) {
      received = signal
      receivedAt = performance.now()
      onFirst()
    } else if (performance.now() - receivedAt > onceMs) onSecond()
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
