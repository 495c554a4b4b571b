import {exitCodes, type ExitCode, type Outcome} from './outcome.ts'

export interface ErrorDetails {
  /** What is wrong, where, with the measured value. */
  readonly message: string
  /** The next thing to do, with the command to type. */
  readonly hint: string
  readonly cause?: unknown
}

/**
 * A failure the operator can act on. Anything else that is thrown is a bug and exits 1.
 *
 * The code is stable, for scripts; `explanations.ts` has the text that `pp explain CODE` prints, and a test
 * keeps the two in step.
 */
export class PpError extends Error {
  readonly code: string
  readonly outcome: Outcome
  readonly hint: string

  constructor(outcome: Outcome, code: string, {message, hint, cause}: ErrorDetails) {
    super(message, cause === undefined ? undefined : {cause})
    this.name = 'PpError'
    this.outcome = outcome
    this.code = code
    this.hint = hint
  }

  get exitCode(): ExitCode {
    return exitCodes[this.outcome]
  }

  /** oclif prints these after "Try this:". */
  get suggestions(): string[] {
    return [this.hint]
  }

  get oclif(): {exit: ExitCode} {
    return {exit: this.exitCode}
  }
}

const errorOf = (outcome: Outcome) => (code: string, details: ErrorDetails) =>
  new PpError(outcome, code, details)

/** Flags, arguments or a file are invalid; nothing was touched. */
export const usageError = errorOf('usage')
/** A precondition does not hold; nothing was touched. */
export const refusal = errorOf('refused')
/** Authentication or permission. */
export const deniedError = errorOf('denied')
/** A needed tool is missing, or nothing could be observed; nothing was touched. */
export const unavailableError = errorOf('unavailable')
/** Another operation holds the target. */
export const lockedError = errorOf('locked')

/** What went wrong, as text, whatever was thrown. */
export const messageOf = (error: unknown): string => (Error.isError(error) ? error.message : String(error))
