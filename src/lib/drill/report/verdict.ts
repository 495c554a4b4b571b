import type {Outcome} from '../../outcome.ts'
import type {ObjectiveResult, ProbeResult} from './report-types.ts'

/** How a run ends that came to its end, and why it is not `done`. @param left what it could not take back. */
export function verdictOf(
  objectives: readonly ObjectiveResult[],
  probes: readonly ProbeResult[],
  left: readonly string[] = [],
): {readonly outcome: Outcome; readonly findings: readonly string[]} {
  const missed = objectives.filter(({status}) => status === 'missed').map(showMissed)
  const unknown = [
    ...objectives.filter(({status}) => status === 'unknown').map(({id}) => `${id} could not be measured`),
    ...probes
      .filter(({status}) => status === 'no-data')
      .map(({name, time}) => `${name} (${time}) gave no data`),
  ]
  const recovering = probes.filter(({time, status}) => time === 'until-recovered' && status === 'broken')
  const broken = probes.filter(({time, status}) => time !== 'until-recovered' && status === 'broken')
  const findings = [...missed, ...unknown, ...[...recovering, ...broken].map(showBroken), ...left]
  const outcome =
    missed.length + recovering.length > 0
      ? 'missed'
      : unknown.length > 0
        ? 'inconclusive'
        : broken.length + left.length > 0
          ? 'degraded'
          : 'done'
  return {outcome, findings}
}

const showMissed = ({id, measured, limit, unit}: ObjectiveResult): string =>
  unit === 'share'
    ? `${id}: ${percent(measured ?? 0)} good, objective ${percent(limit)}`
    : `${id}: ${measured} ${unit}, objective ${limit} ${unit}`

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

const showBroken = ({name, time, misses, looks, said}: ProbeResult): string =>
  `${name} (${time}): ${misses} of ${looks} looks failed${said === undefined ? '' : `: ${said}`}`
