/** One record of a voter: a tag that was set or taken back. */
export interface TagRecord {
  readonly member: string
  readonly tag: string
  readonly isSet: boolean
  readonly token: number
}

/**
 * The tags of a member that are in force, from what the voters that answer keep. Every change is written under the lock, so
 * to a majority of them, with a token of its own: any majority has the latest, and an older record means nothing.
 */
export function tagsOf(records: readonly TagRecord[], member: string): readonly string[] {
  const latest = new Map<string, TagRecord>()
  for (const record of records) {
    if (record.member !== member) continue
    const known = latest.get(record.tag)
    if (!known || record.token > known.token) latest.set(record.tag, record)
  }
  return [...latest.values()].filter(({isSet}) => isSet).map(({tag}) => tag)
}
