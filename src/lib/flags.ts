import {custom} from '@oclif/core/flags'
import {CLIError} from '@oclif/core/errors'

import {parseDuration} from './duration.ts'
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

function accepted(value: number | undefined, problem: string): Promise<number> {
  return value === undefined ? Promise.reject(new CLIError(problem, {exit: 2})) : Promise.resolve(value)
}
