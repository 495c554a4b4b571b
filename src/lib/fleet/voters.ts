/**
 * Hosts that hold a database's lock when the fleet file names none: its members and poolers, the last pooler left out
 * when that would be an even number.
 */
export function defaultVoters(members: readonly string[], poolers: readonly string[]): readonly string[] {
  const all = [...new Set([...members, ...poolers])]
  return all.length % 2 === 0 ? all.slice(0, -1) : all
}

/** Why these hosts cannot hold the lock, or undefined when they can. */
export function voterProblem(voters: readonly string[], known: ReadonlySet<string>): string | undefined {
  const unknown = voters.filter((voter) => !known.has(voter))
  if (unknown.length > 0) return `${unknown.join(', ')} not in the inventory`
  if (new Set(voters).size !== voters.length) return 'a host is named twice'
  if (voters.length < 3 || voters.length % 2 === 0)
    return `${voters.length} hosts; an odd number is needed, three or more`
  return undefined
}
