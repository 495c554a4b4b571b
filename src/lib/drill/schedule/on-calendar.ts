import type {CronSchedule} from './cron.ts'
import {spansOf} from './spans.ts'

const weekdayNames = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']

/**
 * The same times for a systemd timer, one expression a line.
 *
 * Cron takes a day that is in the day-of-month field or in the weekday field; systemd wants both. So there are two lines
 * then, and a timer elapses for either.
 */
export function onCalendar(cron: CronSchedule, timeZone: string): readonly string[] {
  const {daysOfMonth, weekdays} = cron
  const line = (day: string, weekday: string) =>
    `${weekday}*-${listOf(cron.months, 12)}-${day} ${listOf(cron.hours, 24)}:${listOf(cron.minutes, 60)}:00 ${timeZone}`
  if (daysOfMonth && weekdays) return [line(listOf(daysOfMonth, 31), ''), line('*', `${namesOf(weekdays)} `)]
  return [line(daysOfMonth ? listOf(daysOfMonth, 31) : '*', weekdays ? `${namesOf(weekdays)} ` : '')]
}

/** `*` where all are meant. */
function listOf(values: readonly number[], all: number): string {
  if (values.length === all) return '*'
  const two = (value: number) => String(value).padStart(2, '0')
  return spansOf(values)
    .map(([from, to]) => (from === to ? two(from) : `${two(from)}..${two(to)}`))
    .join(',')
}

/** systemd's week begins on Monday. */
function namesOf(weekdays: readonly number[]): string {
  const fromMonday = weekdays.map((day) => (day === 0 ? 7 : day)).toSorted((a, b) => a - b)
  const name = (day: number) => weekdayNames[day % 7] ?? ''
  return spansOf(fromMonday)
    .map(([from, to]) => (from === to ? name(from) : `${name(from)}..${name(to)}`))
    .join(',')
}
