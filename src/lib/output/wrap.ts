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
