import {messageOf, PpError} from '../errors.ts'
import type {Ending} from './run.ts'

export interface Cause {
  readonly code: string
  readonly message: string
  readonly hint: string
}

/** Why an operation was put back or left unfinished, as its report says it; null where it is done. */
export function causeOf({error, outcome}: Pick<Ending, 'error' | 'outcome'>): Cause | null {
  if (outcome === 'done' || error === undefined) return null
  if (error instanceof PpError) return {code: error.code, message: error.message, hint: error.hint}
  // A host helper's refusal names its code too.
  const code =
    error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'STEP_FAILED'
  return {code, message: messageOf(error), hint: `pp explain ${code}`}
}
