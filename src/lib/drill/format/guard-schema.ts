import * as z from 'zod'

import {duration, safeName} from '../../fleet/schema.ts'
import {nearest} from '../../nearest.ts'
import {partName} from './name-schema.ts'

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

const timeZone = z
  .string()
  .refine(isZone, {error: ({input}) => unknownZone(String(input))})
  .describe('IANA name; the times below are what a clock on the wall shows there.')

/** Names also where Node only has them as another name's alias; no offset, which knows no summer, and no abbreviation. */
function isZone(name: string): boolean {
  if (name !== 'UTC' && !/^[A-Z][\w+-]*(\/[A-Z][\w+-]*)+$/.test(name)) return false
  try {
    new Intl.DateTimeFormat('en', {timeZone: name})
    return true
  } catch {
    return false
  }
}

function unknownZone(name: string): string {
  const zones = Intl.supportedValuesOf('timeZone')
  const near = nearest(name, zones) ?? zones.find((zone) => zone.endsWith(`/${name}`))
  return `unknown time zone ${name}. ${near === undefined ? 'Such as America/New_York.' : `Did you mean ${near}?`}`
}

const startMessage = 'a time such as 02:30, 00:00 to 23:59'
const start = z.string(startMessage).regex(/^([01]\d|2[0-3]):[0-5]\d$/, startMessage)
const endMessage = 'a time such as 02:30, 00:00 to 24:00'
const end = z.string(endMessage).regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, endMessage)
const day = z.iso.date('a day such as 2026-12-24')

const windows = z.strictObject({
  timeZone,
  allowed: z
    .array(
      z.strictObject({
        days: z
          .array(z.enum(weekdays))
          .min(1, 'one day or more')
          .default([...weekdays])
          .describe('Days it begins on; every day when left out.'),
        from: start.describe('When it opens.'),
        to: end.describe('When it closes; on the next day when that is not after it opens.'),
      }),
    )
    .default([])
    .describe('When the drill may begin; always when left out.'),
  blocked: z
    .array(
      z.strictObject({
        from: day.describe('First day.'),
        to: day.describe('Last day; the same when left out.').optional(),
        why: z.string().min(1, 'the reason, for whoever is refused'),
      }),
    )
    .default([])
    .describe('Whole days on which it may not.'),
})

export const guards = z.strictObject({
  windows: z
    .record(safeName, windows)
    .default({})
    .describe('By environment; one that is not named here is open at any time.'),
  stop: z
    .array(
      z.strictObject({
        probe: partName.describe('Name of a steady state that is looked at during the run.'),
        for: duration(0.5, 'How long it has to be bad without a pause; 5s when left out.', 3600).default(5),
      }),
    )
    .default([])
    .describe('What ends the run early.'),
})
