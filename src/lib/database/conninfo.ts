/**
 * Reads and writes libpq's `keyword=value` connection strings, as `primary_conninfo` holds them.
 *
 * @see https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-KEYWORD-VALUE
 */
export function parseConninfo(text: string): ReadonlyMap<string, string> {
  const settings = new Map<string, string>()
  const pair = /\s*([a-z_]+)\s*=\s*('(?:[^'\\]|\\.)*'|(?:[^\s'\\]|\\.)*)/gy
  for (const [, keyword = '', value = ''] of text.matchAll(pair)) settings.set(keyword, unquote(value))
  return settings
}

export function formatConninfo(settings: ReadonlyMap<string, string>): string {
  return [...settings].map(([keyword, value]) => `${keyword}=${quote(value)}`).join(' ')
}

/** The same connection to another upstream, made by another standby. */
export function redirectConninfo(conninfo: string, upstream: string, standby: string): string {
  const settings = new Map(parseConninfo(conninfo))
  settings.set('host', upstream)
  settings.set('application_name', standby)
  settings.delete('hostaddr')
  return formatConninfo(settings)
}

function unquote(value: string): string {
  const inner = value.startsWith("'") ? value.slice(1, -1) : value
  return inner.replaceAll(/\\(.)/g, '$1')
}

function quote(value: string): string {
  if (/^[\w./:-]+$/.test(value)) return value
  return `'${value.replaceAll(/['\\]/g, String.raw`\$&`)}'`
}
