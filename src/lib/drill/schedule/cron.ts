import {Cron, CronPattern} from 'croner'

import {again} from '../../again.ts'
import {messageOf, usageError} from '../../errors.ts'
import {spansOf} from './spans.ts'

/** A cron expression that every reader of cron takes for the same times. */
export interface CronSchedule {
  /** Five fields of numbers, Sunday as 0. */
  readonly text: string
  readonly minutes: readonly number[]
  readonly hours: readonly number[]
  readonly months: readonly number[]
  /** Undefined: every one. Where both are given, a day that is in either of them counts. */
  readonly daysOfMonth: readonly number[] | undefined
  readonly weekdays: readonly number[] | undefined
  /** The next times after a moment, by the clock of a zone. */
  readonly next: (count: number, after: Date, timeZone: string) => readonly Date[]
}

/** @throws PpError CRON_INVALID, also for what crontab, Kubernetes and GitHub would read differently. */
export function parseCron(text: string): CronSchedule {
  const fields = text.trim().split(/\s+/)
  const pattern = patternOf(text, fields)
  const [minutes, hours] = [valuesOf(pattern.minute), valuesOf(pattern.hour)]
  const months = valuesOf(pattern.month, 1)
  const [, , dayField = '', , weekdayField = ''] = fields
  const daysOfMonth = dayField === '*' ? undefined : valuesOf(pattern.day, 1)
  const weekdays = weekdayField === '*' ? undefined : valuesOf(pattern.dayOfWeek)
  const isAmbiguous = daysOfMonth !== undefined && weekdays !== undefined
  if (isAmbiguous && [dayField, weekdayField].some((field) => field.startsWith('*')))
    throw cronInvalid(
      text,
      `${dayField} and ${weekdayField} are both days: crontab wants both, Kubernetes either of them; list the days`,
    )
  const values = [minutes, hours, daysOfMonth ?? [], months, weekdays ?? []]
  const normal = fields.map((field, index) => normalField(field, values[index] ?? [])).join(' ')
  const schedule = {text: normal, minutes, hours, months, daysOfMonth, weekdays, next: nextOf(normal)}
  if (schedule.next(1, new Date(), 'UTC').length === 0) throw cronInvalid(text, 'no such day ever comes')
  return schedule
}

/** What all readers know: numbers, names, lists, ranges and steps. Others, such as L, W, # and @daily, only some do. */
function patternOf(text: string, fields: readonly string[]): CronPattern {
  if (fields.length !== 5)
    throw cronInvalid(text, `${fields.length} fields; five are needed: minute, hour, day, month, weekday`)
  const strange = fields.find((field) => !/^(\*|[0-9]+|[a-z]{3})([-,/*]|[0-9]+|[a-z]{3})*$/i.test(field))
  if (strange !== undefined)
    throw cronInvalid(
      text,
      `${strange} is more than numbers, names, *, lists, ranges and steps, and not known everywhere`,
    )
  try {
    return new CronPattern(fields.join(' '), undefined, {mode: '5-part'})
  } catch (error) {
    throw cronInvalid(text, messageOf(error).replace(/^CronPattern: /, ''))
  }
}

const valuesOf = (marks: readonly number[], first = 0): number[] =>
  marks.flatMap((mark, index) => (mark === 0 ? [] : [index + first]))

/** As written where that is understood everywhere; names and a 7 for Sunday are not. */
function normalField(field: string, values: readonly number[]): string {
  if (/^\*(\/\d+)?$/.test(field)) return field
  return spansOf(values)
    .map(([from, to]) => (from === to ? `${from}` : to === from + 1 ? `${from},${to}` : `${from}-${to}`))
    .join(',')
}

const nextOf =
  (text: string): CronSchedule['next'] =>
  (count, after, timezone) =>
    new Cron(text, {paused: true, timezone, mode: '5-part'}).nextRuns(count, after)

const cronInvalid = (text: string, why: string): Error =>
  usageError('CRON_INVALID', {
    message: `The cron expression "${text}" cannot be used: ${why}.`,
    hint: again('--cron', '0 3 * * 6'),
  })
