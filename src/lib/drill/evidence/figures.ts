import type {DrillReport, ObjectiveResult} from '../report/report-types.ts'

/** Seconds as every form of the report shows them. */
export const showSeconds = (seconds: number): string => `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`

export const showMeasured = ({measured, unit}: Pick<ObjectiveResult, 'measured' | 'unit'>): string =>
  measured === undefined ? 'nothing' : showFigure(measured, unit)

export const showLimit = ({limit, unit}: Pick<ObjectiveResult, 'limit' | 'unit'>): string =>
  unit === 'share' ? `${showFigure(limit, unit)} or more` : `${showFigure(limit, unit)} or less`

function showFigure(value: number, unit: ObjectiveResult['unit']): string {
  if (unit === 'share') return `${(value * 100).toFixed(1)} %`
  return unit === 's' ? showSeconds(value) : `${value} ${value === 1 ? 'row' : 'rows'}`
}

/** The verdict in one word; everything but `done` is a failure. */
export const verdictWord = ({outcome}: DrillReport): 'PASS' | 'FAIL' => (outcome === 'done' ? 'PASS' : 'FAIL')

/** `2026-11-26 09:12 UTC`. */
export const showTime = (iso: string): string => `${iso.slice(0, 16).replace('T', ' ')} UTC`

export const secondsOf = ({startedAt, endedAt}: DrillReport): number =>
  Math.max(0, (Date.parse(endedAt) - Date.parse(startedAt)) / 1000)

/** The parts of an RTO in their order, with what each lasts until. */
export const rtoParts = [
  {part: 'detect', until: 'until pp was told to act'},
  {part: 'decide', until: 'until it had a plan'},
  {part: 'act', until: 'until every pooler led to the new primary'},
  {part: 'reconnect', until: 'until a client wrote'},
] as const
