/**
 * Reads libpq's connection strings, as `primary_conninfo` holds them; they are written as `keyword=value`.
 *
 * @see https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-KEYWORD-VALUE
 */
export function parseConninfo(text: string): ReadonlyMap<string, string> {
  if (/^postgres(ql)?:\/\//.test(text)) return parseUri(text)
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

/** Keywords whose values are never shown or written down. */
const secretKeywords: readonly string[] = [
  'password',
  'sslpassword',
  'oauth_client_secret',
  'scram_client_key',
  'scram_server_key',
]
const withheld = '[withheld]'

export function secretsOf(conninfo: string): ReadonlyMap<string, string> {
  return new Map([...parseConninfo(conninfo)].filter(([keyword]) => secretKeywords.includes(keyword)))
}

/** The same with a word in place of each secret. */
export function withholdSecrets(conninfo: string): string {
  const secrets = secretsOf(conninfo)
  return formatConninfo(
    new Map(
      [...parseConninfo(conninfo)].map(([keyword, value]) => [
        keyword,
        secrets.has(keyword) ? withheld : value,
      ]),
    ),
  )
}

/** Whether a connection string had a secret when it was read. */
export function isWithheld(conninfo: string): boolean {
  return [...secretsOf(conninfo).values()].includes(withheld)
}

/** The way out for a member that has one. */
export const passwordFileHint =
  "Put the password into a file of the server's account, on every member: alter system set primary_conninfo = '… passfile=/PATH'"

/** For a program's arguments, which everybody on its host can see. */
export function withoutSecrets(conninfo: string): string {
  const secrets = secretsOf(conninfo)
  return formatConninfo(new Map([...parseConninfo(conninfo)].filter(([keyword]) => !secrets.has(keyword))))
}

function parseUri(text: string): ReadonlyMap<string, string> {
  const [, user, password, places = '', dbname, query = ''] =
    /^\w+:\/\/(?:([^:@/?]*)(?::([^@/?]*))?@)?([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/.exec(text) ?? []
  const hosts = places.split(',').map((place) => /^(\[.*\]|[^:]*)(?::(.*))?$/.exec(place) ?? [])
  const ports = hosts.map(([, , port = '']) => port)
  const named = {
    user,
    password,
    host: hosts.map(([, host = '']) => host.replaceAll(/[[\]]/g, '')).join(','),
    port: ports.some((port) => port !== '') ? ports.join(',') : '',
    dbname,
  }
  const pairs = [
    ...Object.entries(named),
    ...query.split('&').map((pair) => pair.split('=') as [string, string?]),
  ]
  return new Map(
    pairs.filter(([, value]) => value).map(([keyword, value = '']) => [keyword, decodeURIComponent(value)]),
  )
}

function unquote(value: string): string {
  const inner = value.startsWith("'") ? value.slice(1, -1) : value
  return inner.replaceAll(/\\(.)/g, '$1')
}

function quote(value: string): string {
  if (/^[\w./:-]+$/.test(value)) return value
  return `'${value.replaceAll(/['\\]/g, String.raw`\$&`)}'`
}
