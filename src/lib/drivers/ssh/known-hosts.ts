import {createHmac} from 'node:crypto'

/** A line of a known_hosts file. @see sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT" */
export interface KnownKey {
  readonly marker: 'revoked' | 'cert-authority' | undefined
  /** First field as written: patterns, or one hashed name. */
  readonly names: string
  readonly type: string
  /** Public key in SSH's wire form. */
  readonly key: Buffer
  readonly file: string
  readonly line: number
}

export function parseKnownHosts(text: string, file: string): readonly KnownKey[] {
  return text.split('\n').flatMap((content, index) => knownKey(content.trim(), file, index + 1) ?? [])
}

// A line that cannot be read is passed over, as OpenSSH does: it can only make a host unknown, never known.
function knownKey(content: string, file: string, line: number): KnownKey | undefined {
  if (content === '' || content.startsWith('#')) return undefined
  const fields = content.split(/\s+/)
  const marker = fields[0]?.startsWith('@') ? fields.shift() : undefined
  const [names, type, base64] = fields
  if (names === undefined || type === undefined || base64 === undefined) return undefined
  if (marker !== undefined && marker !== '@revoked' && marker !== '@cert-authority') return undefined
  const known = marker === undefined ? undefined : marker === '@revoked' ? 'revoked' : 'cert-authority'
  return {marker: known, names, type, key: Buffer.from(base64, 'base64'), file, line}
}

/** What OpenSSH looks a host up by: the alias alone, else the name, with the port where it is not 22. */
export function lookupNames(hostname: string, port: number, alias: string | undefined): readonly string[] {
  if (alias !== undefined) return [alias.toLowerCase()]
  const name = hostname.toLowerCase()
  return port === 22 ? [name] : [`[${name}]:${port}`, name]
}

/** True when the line is about that host; a hashed name is compared by its salt. */
export function concerns(known: KnownKey, name: string): boolean {
  if (known.names.startsWith('|1|')) return isHashOf(known.names, name)
  const patterns = known.names.toLowerCase().split(',')
  const isNegated = patterns.some(
    (pattern) => pattern.startsWith('!') && wildcard(pattern.slice(1)).test(name),
  )
  return !isNegated && patterns.some((pattern) => !pattern.startsWith('!') && wildcard(pattern).test(name))
}

function isHashOf(hashed: string, name: string): boolean {
  const [, , salt, hash] = hashed.split('|')
  if (salt === undefined || hash === undefined) return false
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash
}

function wildcard(pattern: string): RegExp {
  const source = pattern.replaceAll(/[\\^$+.()|[\]{}]/g, String.raw`\$&`)
  return new RegExp(`^${source.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's')
}
