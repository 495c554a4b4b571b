import {Temporal} from 'temporal-polyfill'

import type {Weekday, Windows} from './format/types.ts'
import {showWindow} from './show/window-in-words.ts'

export type WindowVerdict =
  | {readonly isOpen: true}
  | {
      readonly isOpen: false
      readonly why: string
      /** ISO 8601 with the offset of the windows' zone; undefined when it opens on none of the next 400 days. */
      readonly opensAt: string | undefined
    }

const weekdays: readonly Weekday[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']
const daysAhead = 400

/**
 * Whether a drill may begin now. Times are what a clock on the wall of the zone shows: one that is skipped in spring opens
 * nothing, an hour that comes twice in autumn counts both times. Undefined windows are always open.
 */
export function windowVerdict(windows: Windows | undefined, now: Date): WindowVerdict {
  if (!windows) return {isOpen: true}
  const moment = Temporal.Instant.fromEpochMilliseconds(now.getTime()).toZonedDateTimeISO(windows.timeZone)
  const why = closedBecause(windows, moment)
  if (why === undefined) return {isOpen: true}
  return {isOpen: false, why, opensAt: nextOpening(windows, moment)?.toString({timeZoneName: 'never'})}
}

function closedBecause(
  {timeZone, allowed, blocked}: Windows,
  moment: Temporal.ZonedDateTime,
): string | undefined {
  const date = moment.toPlainDate().toString()
  const time = clockOf(moment)
  const block = blocked.find(({from, to}) => from <= date && date <= to)
  if (block) return `${date} is blocked in ${timeZone}: ${block.why}`
  const [today, yesterday] = [weekdayOf(moment), weekdayOf(moment.subtract({days: 1}))]
  const isOpen = allowed.some(({days, from, to}) => {
    if (from < to) return days.includes(today) && from <= time && time < to
    return (days.includes(today) && from <= time) || (days.includes(yesterday) && time < to)
  })
  if (isOpen || allowed.length === 0) return undefined
  return `it is ${today} ${time} in ${timeZone}, outside ${allowed.map(showWindow).join(' and ')}`
}

/** The first moment after this one that is open, of those at which a clock may come into a window. */
function nextOpening(windows: Windows, moment: Temporal.ZonedDateTime): Temporal.ZonedDateTime | undefined {
  for (let day = 0; day <= daysAhead; day++) {
    const opening = edgesOf(windows, moment.toPlainDate().add({days: day}))
      .filter((edge) => Temporal.ZonedDateTime.compare(edge, moment) > 0)
      .toSorted((a, b) => Temporal.ZonedDateTime.compare(a, b))
      .find((edge) => closedBecause(windows, edge) === undefined)
    if (opening) return opening
  }
  return undefined
}

/** Midnight, when a block may end; each start, both times in autumn; and where the clock is put forward or back. */
function edgesOf({timeZone, allowed}: Windows, day: Temporal.PlainDate): Temporal.ZonedDateTime[] {
  const midnight = day.toZonedDateTime(timeZone)
  const change = midnight.getTimeZoneTransition('next')
  const starts = allowed.flatMap(({from}) => {
    const local = day.toPlainDateTime(from)
    return (['earlier', 'later'] as const).map((disambiguation) =>
      local.toZonedDateTime(timeZone, {disambiguation}),
    )
  })
  return [midnight, ...starts, ...(change?.toPlainDate().equals(day) ? [change] : [])]
}

const clockOf = (moment: Temporal.ZonedDateTime): string =>
  moment.toPlainTime().toString({smallestUnit: 'minute'})
const weekdayOf = (moment: Temporal.ZonedDateTime): Weekday => weekdays[moment.dayOfWeek - 1] ?? 'mon'
