/** What a line of JSON holds; undefined when it is none. */
export function parsedJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
