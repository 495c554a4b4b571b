/** What the copy of a journal says of the journal. */
export interface CopyVerdict {
  /** Or cluster. */
  readonly host: string
  /** `same`: every line it has is ours; `different`: one is not; `missing`: it has none or does not answer. */
  readonly verdict: 'same' | 'different' | 'missing'
  readonly records: number
}

/** A copy may end earlier, never differ. */
export function copyVerdict(host: string, lines: readonly string[], ours: ReadonlySet<string>): CopyVerdict {
  if (lines.length === 0) return {host, verdict: 'missing', records: 0}
  const isSame = lines.every((line) => ours.has(line))
  return {host, verdict: isSame ? 'same' : 'different', records: lines.length}
}
