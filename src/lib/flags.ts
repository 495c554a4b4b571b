import {custom} from '@oclif/core/flags'
import {CLIError} from '@oclif/core/errors'

import {parseDuration} from './duration.ts'
import {parseLossLimit, type LossLimit} from './loss-limit.ts'
import {parseSize} from './size.ts'

/** 2MB, 2MiB or plain bytes, as bytes. */
export const sizeFlag = custom<number>({
  helpValue: 'SIZE',
  parse: (text) => accepted(parseSize(text), `"${text}" is no size: write 2MB, 2MiB or bytes`),
})

/** 500ms, 5s, 2m or 1h, as seconds. */
export const durationFlag = custom<number>({
  helpValue: 'DURATION',
  parse: (text) => accepted(parseDuration(text), `"${text}" is no duration: write 5s, 2m or 1h`),
})

/** A size, a duration or `any`. */
export const lossFlag = custom<LossLimit>({
  helpValue: 'LOSS',
  parse: (text) => accepted(parseLossLimit(text), `"${text}" is no limit: write 0, 2MB, 5s or any`),
})

function accepted<T>(value: T | undefined, problem: string): Promise<T> {
  return value === undefined ? Promise.reject(new CLIError(problem, {exit: 2})) : Promise.resolve(value)
}
