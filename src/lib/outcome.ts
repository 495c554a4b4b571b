/**
 * The one table of outcomes and exit codes; every command uses it.
 *
 * What each means to an operator is in docs/operations.md.
 */
export const exitCodes = {
  done: 0,
  bug: 1,
  usage: 2,
  refused: 3,
  denied: 4,
  unavailable: 5,
  locked: 6,
  'not-now': 7,
  missed: 10,
  degraded: 11,
  undone: 12,
  human: 13,
  'timed-out': 14,
  inconclusive: 15,
  different: 16,
  changes: 20,
} as const

export type Outcome = keyof typeof exitCodes
export type ExitCode = (typeof exitCodes)[Outcome] | 130 | 143

/** Exit status of an operation that a signal stopped before its point of no return; its outcome is `undone`. */
export const signalExitCodes = {SIGINT: 130, SIGTERM: 143} as const
