/** Where a line comes from. */
export interface LogSource {
  readonly cluster: string
  readonly site: string
  readonly pod: string
  readonly container: string
  /** Whether its Pod has other containers that write. */
  readonly isOneOfSeveral: boolean
}

export interface LogLine extends LogSource {
  /** When the kubelet took it, UTC, to the nanosecond; compares as text. */
  readonly time: string
  readonly text: string
}

/** A line that the kubelet has put a time before; undefined for what has none. */
export function parseLogLine(line: string, source: LogSource): LogLine | undefined {
  const end = line.indexOf(' ')
  const time = comparableTime(end === -1 ? line : line.slice(0, end))
  if (time === undefined) return undefined
  return {...source, time, text: end === -1 ? '' : line.slice(end + 1).replace(/\r$/, '')}
}

/** An RFC 3339 time in UTC with nine digits, whatever zone and digits it is written with. */
export function comparableTime(text: string): string | undefined {
  const [, fraction = ''] =
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.(\d{1,9}))?(?:Z|[+-]\d\d:\d\d)$/.exec(text) ?? []
  const at = Date.parse(text)
  if (Number.isNaN(at)) return undefined
  return `${new Date(at).toISOString().slice(0, 19)}.${fraction.padEnd(9, '0')}Z`
}
