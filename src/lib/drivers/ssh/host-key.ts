import {concerns, lookupNames, type KnownKey} from './known-hosts.ts'

/** What the known_hosts files say about one host. */
export interface HostTrust {
  /** Keys that are good for it, under its most exact name. */
  readonly trusted: readonly KnownKey[]
  readonly revoked: readonly KnownKey[]
  /** Host-key algorithms to offer, so that the server shows a key that can be compared. */
  readonly algorithms: readonly string[]
}

export type HostKeyVerdict =
  | {readonly kind: 'trusted'}
  | {readonly kind: 'unknown'}
  | {readonly kind: 'revoked'; readonly line: KnownKey}
  | {readonly kind: 'changed'; readonly lines: readonly KnownKey[]}

/**
 * Chooses the lines for a host. Without a line for `[name]:port`, one for the bare name counts, as in OpenSSH.
 * Lines marked @cert-authority are left out: ssh2 cannot verify host certificates.
 */
export function trustFor(
  lines: readonly KnownKey[],
  host: {readonly hostname: string; readonly port: number; readonly alias: string | undefined},
): HostTrust {
  const names = lookupNames(host.hostname, host.port, host.alias)
  const plain = lines.filter((line) => line.marker === undefined)
  const trusted = names
    .map((name) => plain.filter((line) => concerns(line, name)))
    .find((found) => found.length > 0)
  const revoked = lines.filter(
    (line) => line.marker === 'revoked' && names.some((name) => concerns(line, name)),
  )
  return {trusted: trusted ?? [], revoked, algorithms: algorithmsFor(trusted ?? [])}
}

export function judgeHostKey(trust: HostTrust, key: Buffer): HostKeyVerdict {
  const revoked = trust.revoked.find((line) => line.key.equals(key))
  if (revoked) return {kind: 'revoked', line: revoked}
  if (trust.trusted.length === 0) return {kind: 'unknown'}
  if (trust.trusted.some((line) => line.key.equals(key))) return {kind: 'trusted'}
  return {kind: 'changed', lines: trust.trusted}
}

/** In order of preference; SHA-1 signatures (`ssh-rsa`) and DSA are never offered. */
const algorithmsByType: Readonly<Record<string, readonly string[]>> = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
}

function algorithmsFor(trusted: readonly KnownKey[]): readonly string[] {
  const types = new Set(trusted.map((line) => line.type))
  return Object.entries(algorithmsByType).flatMap(([type, algorithms]) => (types.has(type) ? algorithms : []))
}
