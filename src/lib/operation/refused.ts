import {PpError} from '../errors.ts'
import type {Refused} from './types.ts'

/** A plan's refusal as the error that ends the command. */
export function refusedPlan({outcome = 'refused', code, reason, hint}: Refused): PpError {
  return new PpError(outcome, code, {message: reason, hint})
}
