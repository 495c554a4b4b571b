import * as z from 'zod'

/** A stretch of time in which a service is scaled otherwise: whole minutes, ISO 8601 in UTC. */
export interface Stretch {
  readonly from: string
  readonly to: string
}

/** The name of the trigger of KEDA by which `pp` keeps a number until a time. */
export const untilTrigger = 'pp-until'

/** Beyond it the same day of another year could be meant: a cron expression names none. */
export const longestSeconds = 30 * 86_400
export const shortestSeconds = 60

const minuteMs = 60_000

/** Begun already, whatever the clocks of others say, and over no sooner than asked for. */
export function stretchOf(seconds: number, nowMs: number): Stretch {
  const iso = (ms: number) => new Date(ms).toISOString().replace(':00.000Z', 'Z')
  return {
    from: iso((Math.floor(nowMs / minuteMs) - 1) * minuteMs),
    to: iso(Math.ceil((nowMs + seconds * 1000) / minuteMs) * minuteMs),
  }
}

/** `2026-11-27T23:40Z` as people read it. */
export const timeInWords = (iso: string): string => `${iso.slice(0, 16).replace('T', ' ')} UTC`

/** As cron says it. */
export function cronOf(iso: string): string {
  const at = new Date(iso)
  return `${at.getUTCMinutes()} ${at.getUTCHours()} ${at.getUTCDate()} ${at.getUTCMonth() + 1} *`
}

/**
 * What KEDA's cron trigger is told, as the text by which it is compared: KEDA keeps at least so many replicas from start to end, and
 * the trigger asks for none outside.
 *
 * @see https://keda.sh/docs/latest/scalers/cron/
 */
export const cronTrigger = (replicas: number, {from, to}: Stretch): string =>
  // Another zone than UTC would need a time zone database in KEDA's image.
  JSON.stringify({desiredReplicas: String(replicas), end: cronOf(to), start: cronOf(from), timezone: 'UTC'})

const cronExpression = /^(\d+) (\d+) (\d+) (\d+) \*$/
const metadataSchema = z.looseObject({
  desiredReplicas: z.string(),
  start: z.string().regex(cronExpression),
  end: z.string().regex(cronExpression),
})
const triggersSchema = z.array(z.looseObject({name: z.string().optional(), metadata: z.unknown()}))

/** What pp's trigger among these is told, as text; null: there is none. */
export function triggerAmong(triggers: unknown): string | null {
  const found = triggersSchema.safeParse(triggers).data?.find(({name}) => name === untilTrigger)
  if (!found) return null
  const metadata = z.record(z.string(), z.string()).safeParse(found.metadata).data ?? {}
  return JSON.stringify(
    Object.fromEntries(Object.entries(metadata).toSorted(([one], [other]) => (one < other ? -1 : 1))),
  )
}

/** The same triggers with pp's own as this text says; without it when null. */
export function withTrigger(triggers: unknown, text: string | null): readonly unknown[] {
  const others = (triggersSchema.safeParse(triggers).data ?? []).filter(({name}) => name !== untilTrigger)
  return text === null
    ? others
    : [...others, {type: 'cron', name: untilTrigger, metadata: JSON.parse(text) as unknown}]
}

/** A trigger of pp's as it is there. */
export interface Kept {
  readonly replicas: number
  readonly to: string
  /** It asks for nothing any more, until the same day of the next year. */
  readonly isOver: boolean
  readonly text: string
}

/** Undefined where the text is null, or not pp's own. */
export function keptBy(text: string | null, nowMs: number): Kept | undefined {
  const told = text === null ? undefined : metadataSchema.safeParse(JSON.parse(text)).data
  if (text === null || !told) return undefined
  const year = new Date(nowMs).getUTCFullYear()
  const started =
    momentOf(told.start, year) > nowMs ? momentOf(told.start, year - 1) : momentOf(told.start, year)
  const startYear = new Date(started).getUTCFullYear()
  const sameYear = momentOf(told.end, startYear)
  const end = sameYear < started ? momentOf(told.end, startYear + 1) : sameYear
  return {
    replicas: Number(told.desiredReplicas),
    to: new Date(end).toISOString().replace(':00.000Z', 'Z'),
    isOver: nowMs >= end,
    text,
  }
}

function momentOf(cron: string, year: number): number {
  const [, minute, hour, day, month] = cronExpression.exec(cron) ?? []
  return Date.UTC(year, Number(month) - 1, Number(day), Number(hour), Number(minute))
}

/** A value of a field, as people read it. */
export function valueInWords(value: number | string | null): string {
  if (typeof value !== 'string') return value === null ? 'none' : String(value)
  const kept = keptBy(value, Date.now())
  return kept ? `${kept.replicas} until ${timeInWords(kept.to)}` : value
}
