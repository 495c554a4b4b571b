import {PpError, type ErrorDetails} from '../errors.ts'

/** A step that somebody has to decide about: everything stays as it is, and the operation is left open. */
export class Undecided extends PpError {
  constructor(code: string, details: ErrorDetails) {
    super('human', code, details)
  }
}
