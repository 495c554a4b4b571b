import type {Fleet} from '../../fleet/types.ts'
import type {DrillStatus} from '../status.ts'

/** Levers and what is unfinished first: they are what somebody has to do something about. */
export function showDrillStatus(fleet: Fleet, {levers, unfinished, drills}: DrillStatus): string {
  return [
    `drills · ${fleet.name}/${fleet.environment}`,
    ...levers.flatMap(showLever),
    ...unfinished.map(
      ({run, owner, step}) =>
        `! ${run} of ${owner} has not ended${step === undefined ? '' : `, at ${step}`}: pp drill undo ${run}`,
    ),
    ...drills.map(
      ({name, last}) =>
        `  ${name.padEnd(16)} ${last ? `${last.outcome.padEnd(12)} ${last.endedAt.slice(0, 16).replace('T', ' ')}  ${last.run}` : 'never run'}`,
    ),
  ].join('\n')
}

function showLever({database, ...lever}: DrillStatus['levers'][number]): readonly string[] {
  if (lever.state === 'unknown')
    return [`! the stop lever of ${database} is not known: too few voters answer (${lever.answered})`]
  if (lever.state === 'released' || !lever.record) return []
  const {by, at, why} = lever.record
  return [`! the stop lever of ${database} is engaged by ${by} since ${at}: ${why}`]
}
