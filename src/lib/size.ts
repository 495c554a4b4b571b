const bytes: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1000,
  mb: 1000 ** 2,
  gb: 1000 ** 3,
  tb: 1000 ** 4,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  tib: 1024 ** 4,
}

/** Bytes of a size such as `2MB`, `2MiB` or `2097152`; undefined when it is none. */
export function parseSize(text: string): number | undefined {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)\s?([kmgt]?i?b)?$/i.exec(text.trim()) ?? []
  const factor = bytes[unit.toLowerCase()]
  if (number === undefined || factor === undefined) return undefined
  const size = Number(number) * factor
  return Number.isSafeInteger(size) ? size : undefined
}

/** A size for people: `0 B`, `48 kB`, `1.9 MB`. */
export function formatSize(sizeBytes: number): string {
  if (sizeBytes < 1000) return `${Math.round(sizeBytes)} B`
  for (const [unit, factor] of [
    ['kB', 1000],
    ['MB', 1000 ** 2],
    ['GB', 1000 ** 3],
  ] as const) {
    const amount = sizeBytes / factor
    if (amount < 9.95) return `${amount.toFixed(1)} ${unit}`
    if (amount < 999.5) return `${Math.round(amount)} ${unit}`
  }
  return `${(sizeBytes / 1000 ** 4).toFixed(1)} TB`
}
