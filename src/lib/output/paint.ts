import {styleText} from 'node:util'

export type Colour = Parameters<typeof styleText>[0]

interface MaybeTerminal {
  readonly isTTY?: boolean
}

/** Colours text for a stream; colour only repeats what words and symbols say already. */
export function paint(stream: MaybeTerminal, colour: Colour, text: string): string {
  return hasColour(stream) ? styleText(colour, text, {validateStream: false}) : text
}

/**
 * Whether escape codes for colour may be written to the stream.
 *
 * @see https://no-color.org and https://force-color.org
 */
export function hasColour(stream: MaybeTerminal, env: NodeJS.ProcessEnv = process.env): boolean {
  if (env.NO_COLOR) return false
  if (env.FORCE_COLOR !== undefined) return !['0', 'false'].includes(env.FORCE_COLOR)
  return stream.isTTY === true && env.TERM !== 'dumb'
}
