const seconds: Readonly<Record<string, number>> = {ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400}

/** Seconds of a duration such as `500ms`, `5s`, `2m`, `1h`; undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)\s?(ms|s|m|h|d)$/.exec(text.trim()) ?? []
  const factor = seconds[unit]
  return number === undefined || factor === undefined
    ? undefined
    : Number((Number(number) * factor).toFixed(3))
}

/** A duration for people, from seconds: `12 ms`, `0.4 s`, `31 s`, `2 m 5 s`, `1 h 3 m`. */
export function formatDuration(durationSeconds: number): string {
  if (durationSeconds < 0.1) return `${Math.round(durationSeconds * 1000)} ms`
  if (durationSeconds < 10) return `${durationSeconds.toFixed(1)} s`
  const whole = Math.round(durationSeconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return twoUnits(whole, 60, 'm', 's')
  const minutes = Math.round(durationSeconds / 60)
  return minutes < 1440 ? twoUnits(minutes, 60, 'h', 'm') : twoUnits(Math.round(minutes / 60), 24, 'd', 'h')
}

function twoUnits(amount: number, size: number, large: string, small: string): string {
  const rest = amount % size
  return `${Math.floor(amount / size)} ${large}${rest === 0 ? '' : ` ${rest} ${small}`}`
}

/** As it was written, not rounded: `250 ms`, `1.5 s`, `2 m`. */
export function exactDuration(seconds: number): string {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`
  return seconds < 60 ? `${Number(seconds.toFixed(3))} s` : formatDuration(seconds)
}
