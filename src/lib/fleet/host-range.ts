/** Host names of a pattern such as `db[1:3]` or `db[01:12:2]`; the name itself when there is no range in it. */
export function expandRange(pattern: string): string[] {
  const match = /^(.*?)\[(\d+):(\d+)(?::(\d+))?\](.*)$/.exec(pattern)
  if (!match) return [pattern]
  const [, head = '', first = '', last = '', step = '1', tail = ''] = match
  const width = first.startsWith('0') ? first.length : 1
  const names: string[] = []
  for (let number = Number(first); number <= Number(last); number += Math.max(Number(step), 1)) {
    names.push(...expandRange(`${head}${String(number).padStart(width, '0')}${tail}`))
  }
  return names
}
