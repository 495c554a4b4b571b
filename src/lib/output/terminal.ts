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

/** Breaks a line at spaces so that no part is wider than `columns`; a longer word stays whole. */
export function wrap(line: string, columns: number): string[] {
  const parts: string[] = []
  let part = /^\s*/.exec(line)?.[0] ?? ''
  let isEmpty = true
  for (const word of line.trim().split(' ')) {
    if (!isEmpty && part.length + 1 + word.length > columns) {
      parts.push(part)
      part = word
    } else {
      part = isEmpty ? part + word : `${part} ${word}`
    }
    isEmpty = false
  }
  return [...parts, part]
}

/** A line that begins with `head`; what does not fit goes on below the text after it. */
export function wrapAfter(head: string, text: string, columns: number): string {
  const [first = '', ...rest] = wrap(text, columns - head.length)
  return [head + first, ...rest.map((part) => ' '.repeat(head.length) + part)].join('\n')
}

/** Columns of the terminal that results go to; a file or a pipe takes lines as long as they are. */
export const resultColumns = (): number => process.stdout.columns || Infinity
