import {slotName} from './facts.ts'

/**
 * PostgreSQL's `synchronous_standby_names`, taken apart. A name is an `application_name`; here that is the host, or its
 * slot where a standby was set up by hand.
 *
 * @see https://www.postgresql.org/docs/current/runtime-config-replication.html
 */
interface SynchronousNames {
  readonly method: 'ANY' | 'FIRST'
  readonly count: number
  readonly names: readonly string[]
}

function parseNames(text: string): SynchronousNames | undefined {
  if (text.trim() === '') return undefined
  const [, method, count, inside] = /^\s*(?:(ANY|FIRST)\s+)?(?:(\d+)\s*)?\((.*)\)\s*$/is.exec(text) ?? []
  const names = [...(inside ?? text).matchAll(/"((?:[^"]|"")*)"|[^\s,"]+/g)].map(
    ([word, quoted]) => quoted?.replaceAll('""', '"') ?? word,
  )
  return {method: method?.toUpperCase() === 'ANY' ? 'ANY' : 'FIRST', count: Number(count ?? 1), names}
}

/** How many standbys `synchronous_standby_names` waits for; 0 when replication is asynchronous. */
export function synchronousStandbys(names: string): number {
  return parseNames(names)?.count ?? 0
}

/** Which of these standbys, by their `application_name`, may count for it. */
export function listedStandbys(names: string, standbys: readonly string[]): readonly string[] {
  const listed = parseNames(names)?.names.map((name) => name.toLowerCase()) ?? []
  return listed.includes('*') ? standbys : standbys.filter((host) => listed.includes(host.toLowerCase()))
}

/** Whether these standbys, by their `application_name`, are enough for a commit to be acknowledged. */
export function canAcknowledge(names: string, streaming: readonly string[]): boolean {
  const distinct = new Set(streaming.map((name) => name.toLowerCase()))
  return listedStandbys(names, [...distinct]).length >= synchronousStandbys(names)
}

/**
 * Who may acknowledge a commit of `primary`, each once: members by their host, others as they are listed, since a name
 * that is no member's may be anybody's. Undefined for `*`: everybody who streams, also from outside the fleet.
 */
export function acknowledging(
  names: string,
  members: readonly string[],
  primary: string,
): readonly string[] | undefined {
  const listed = parseNames(names)?.names ?? []
  if (listed.includes('*')) return undefined
  const whose = listed.map((name) => members.find((host) => isNameOf(name, host)) ?? name.toLowerCase())
  return [...new Set(whose)].filter((who) => who !== primary)
}

function isNameOf(name: string, host: string): boolean {
  return [host.toLowerCase(), slotName(host)].includes(name.toLowerCase())
}

/**
 * The value for a new primary that means what `names` meant on the old one. A value that names every member, or `*`,
 * serves on all of them; in one that leaves out its own primary the two change places.
 */
export function namesAfterChange(names: string, from: string, to: string): string {
  const parsed = parseNames(names)
  const isNamed = (host: string) => parsed?.names.some((name) => isNameOf(name, host))
  if (!parsed || parsed.names.includes('*') || isNamed(from) || !isNamed(to)) return names
  const moved = parsed.names.map((name) => (isNameOf(name, to) ? from : name))
  return `${parsed.method} ${parsed.count} (${moved.map(quoteName).join(', ')})`
}

function quoteName(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`
}
