import {PpError} from '../../errors.ts'

/** The helper answered no. Its own code is kept, so callers can tell TOKEN_OLD from LOCK_HELD. */
export class HelperRefusal extends PpError {
  readonly host: string
  readonly verb: string
  /** What the helper added, such as `{lock, leaseLeftSeconds}`; parse before use. */
  readonly details: unknown

  constructor(host: string, verb: string, code: string, said: string, details: unknown) {
    super(code === 'LOCK_HELD' ? 'locked' : 'refused', code, {
      message: `${host} refused "${verb}": ${said}`,
      hint: `pp explain ${code}`,
    })
    this.host = host
    this.verb = verb
    this.details = details
  }
}

/** No answer will come: the channel closed, the time ran out, or what came was no answer. */
export class HelperLost extends PpError {
  readonly host: string
  /** False only when the request certainly never left this machine. */
  readonly mayHaveRun: boolean

  constructor(host: string, code: HelperLossCode, message: string, mayHaveRun: boolean, cause?: unknown) {
    super('unavailable', code, {message, hint: 'pp status', cause})
    this.host = host
    this.mayHaveRun = mayHaveRun
  }
}

export type HelperLossCode = 'HELPER_GONE' | 'HELPER_TIMED_OUT' | 'HELPER_GARBLED' | 'HELPER_MISSING'
