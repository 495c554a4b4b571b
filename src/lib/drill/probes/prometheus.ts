import {queryPrometheus} from '../../drivers/prometheus/query.ts'
import type {Fleet} from '../../fleet/types.ts'
import type {ProbeSpec} from '../format/types.ts'
import {isWithin, showTolerance} from './tolerance.ts'
import {bad, good, noData, type Look} from './vantage.ts'

/** One number from one series; none, or several, is no measurement. */
export async function lookAtPrometheus(
  {query, tolerance}: Extract<ProbeSpec, {type: 'prometheus'}>,
  {prometheus}: Pick<Fleet, 'prometheus'>,
  timeoutSeconds: number,
): Promise<Look> {
  if (prometheus === undefined) return noData('the fleet names no Prometheus')
  const [value, ...others] = await queryPrometheus(prometheus, query, timeoutSeconds * 1000)
  if (value === undefined) return noData('no series')
  if (others.length > 0) return noData(`${others.length + 1} series, wanted one`)
  if (Number.isNaN(value)) return noData('no number')
  return isWithin(value, tolerance)
    ? good(String(value))
    : bad(`${value}, wanted ${showTolerance(tolerance)}`)
}
