import {formatDuration} from '../duration.ts'

/** A step's line when it is over: `db2 stopped at 0/9A3F0E8      31 ms`. */
export function stepLine(text: string, startedMs: number): string {
  return `${text.padEnd(50)} ${formatDuration((performance.now() - startedMs) / 1000)}`
}
