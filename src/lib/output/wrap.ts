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
