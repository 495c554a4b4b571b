import {defaultMaxLagBytes, type ChangeRequest} from '../database/request.ts'
import {parseDuration} from '../duration.ts'
import {usageError, type PpError} from '../errors.ts'
import type {Fleet} from '../fleet/types.ts'
import {parseLossLimit, type LossLimit} from '../loss-limit.ts'
import {parseSize} from '../size.ts'

/**
 * What `pp failover db` would be asked for with these flags.
 *
 * @param name of the act, for the error. @throws PpError DRILL_INVALID.
 */
export function failoverRequest(
  name: string,
  given: Readonly<Record<string, string | boolean>>,
  fleet: Fleet,
): ChangeRequest {
  const text = (flag: string): string | undefined =>
    typeof given[flag] === 'string' ? given[flag] : undefined
  const isSet = (flag: string): boolean => given[flag] === true
  return {
    from: text('from'),
    to: text('to'),
    maxLagBytes: parsed(name, 'max-lag', text('max-lag'), parseSize) ?? defaultMaxLagBytes,
    pauseSeconds:
      parsed(name, 'pause-budget', text('pause-budget'), parseDuration) ?? fleet.timings.pauseSeconds,
    windowSeconds: fleet.timings.windowSeconds,
    acceptUnlogged: isSet('accept-unlogged'),
    acceptSlotLoss: isSet('accept-slot-loss'),
    insist: isSet('planned') ? 'planned' : isSet('unplanned') ? 'unplanned' : undefined,
    maxLoss: parsed<LossLimit>(name, 'max-loss', text('max-loss'), parseLossLimit),
    again: isSet('again'),
    forceUnfenced: false,
    restart: isSet('restart'),
  }
}

function parsed<T>(
  name: string,
  flag: string,
  value: string | undefined,
  parse: (text: string) => T | undefined,
): T | undefined {
  if (value === undefined) return undefined
  const result = parse(value)
  if (result === undefined) throw invalid(`${name}: ${flag} is no value of that flag: ${value}.`)
  return result
}

const invalid = (message: string): PpError =>
  usageError('DRILL_INVALID', {message, hint: 'Correct it in the file of the drill: pp failover db --help'})
