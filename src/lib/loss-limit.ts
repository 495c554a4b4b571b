import {parseDuration} from './duration.ts'
import {parseSize} from './size.ts'

/** How much may be missing afterwards; undefined is no limit of that kind. */
export interface LossLimit {
  readonly bytes: number | undefined
  readonly seconds: number | undefined
}

/** A size (`0`, `2MB`), a duration (`5s`) or `any`; undefined when it is none of them. */
export function parseLossLimit(text: string): LossLimit | undefined {
  if (text === 'any') return {bytes: undefined, seconds: undefined}
  const bytes = parseSize(text)
  if (bytes !== undefined) return {bytes, seconds: undefined}
  const seconds = parseDuration(text)
  return seconds === undefined ? undefined : {bytes: undefined, seconds}
}
