import {again} from '../../again.ts'
import {messageOf, usageError} from '../../errors.ts'

/** @throws PpError PATTERN_INVALID. */
export function patternOf(text: string | undefined): RegExp | undefined {
  if (text === undefined) return undefined
  try {
    return new RegExp(text, 'u')
  } catch (cause) {
    throw usageError('PATTERN_INVALID', {
      message: `"${text}" is no regular expression: ${messageOf(cause)}.`,
      hint: `Put a \\ before what is meant as it is: ${again('--grep', text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`))}`,
      cause,
    })
  }
}
