import type {PpError} from '../errors.ts'
import {mistakesError} from '../yaml/mistakes.ts'
import type {Issue} from '../yaml/yaml-file.ts'

/** One error for all mistakes of the fleet's files. */
export const fleetInvalid = (issues: readonly Issue[]): PpError =>
  mistakesError('FLEET_INVALID', issues, {
    what: 'the fleet',
    hint: 'Correct the lines above, then: pp config explain',
  })
