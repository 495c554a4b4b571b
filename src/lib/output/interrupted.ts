import {again} from '../again.ts'
import {PpError} from '../errors.ts'
import {signalExitCodes, type ExitCode} from '../outcome.ts'

type Signal = keyof typeof signalExitCodes

/** A signal that came before anything was touched. */
export class Interrupted extends PpError {
  readonly #signal: Signal

  constructor(when: string, signal: Signal = 'SIGINT') {
    super('undone', 'INTERRUPTED', {message: `Stopped ${when}; nothing was touched.`, hint: again()})
    this.#signal = signal
  }

  override get exitCode(): ExitCode {
    return signalExitCodes[this.#signal]
  }
}

/** What was begun on a host goes on there; only its display has ended. */
export class LeftRunning extends PpError {
  readonly #signal: Signal

  constructor(what: string, hint: string, signal: Signal) {
    super('undone', 'LEFT_RUNNING', {
      message: `${what} goes on by itself; only this display has ended.`,
      hint,
    })
    this.#signal = signal
  }

  override get exitCode(): ExitCode {
    return signalExitCodes[this.#signal]
  }
}

/** At the first Ctrl-C or SIGTERM; the second one ends the process. @returns what takes it back. */
export function onInterrupt(act: (signal: Signal) => void): () => void {
  const signals = ['SIGINT', 'SIGTERM'] as const
  const ignore = () => {
    for (const signal of signals) process.off(signal, listener)
  }
  const listener = (signal: NodeJS.Signals) => {
    ignore()
    act(signal as Signal)
  }
  for (const signal of signals) process.on(signal, listener)
  return ignore
}

/**
 * Waits for a look at the fleet, which may be left at any moment: the process ends soon after, and its connections with it.
 *
 * @throws Interrupted at Ctrl-C and SIGTERM, so that these too end in the form and with the exit code that scripts expect.
 */
export async function untilInterrupted<T>(
  look: Promise<T>,
  ending: (signal: Signal) => PpError = (signal) => new Interrupted('while looking', signal),
): Promise<T> {
  const interrupted = Promise.withResolvers<never>()
  const stops = (['SIGINT', 'SIGTERM'] as const).map((signal) => {
    const listener = () => {
      interrupted.reject(ending(signal))
    }
    process.on(signal, listener)
    return () => process.off(signal, listener)
  })
  try {
    return await Promise.race([look, interrupted.promise])
  } finally {
    for (const stop of stops) stop()
  }
}
