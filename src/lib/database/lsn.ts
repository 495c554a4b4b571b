/**
 * A position in the write-ahead log as PostgreSQL prints it, `X/Y` in hexadecimal, and as bytes from its start.
 *
 * @see https://www.postgresql.org/docs/current/datatype-pg-lsn.html
 */
export type Lsn = string

const pattern = /^([0-9A-F]{1,8})\/([0-9A-F]{1,8})$/i

export function lsnBytes(lsn: Lsn): bigint {
  const [, high, low] = pattern.exec(lsn) ?? []
  if (high === undefined || low === undefined) throw new Error(`not an LSN: ${JSON.stringify(lsn)}`)
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`)
}

export function formatLsn(bytes: bigint): Lsn {
  return `${(bytes >> 32n).toString(16)}/${(bytes & 0xffff_ffffn).toString(16)}`.toUpperCase()
}

/** Bytes of WAL from `behind` to `ahead`; negative when they are the other way round. */
export function lsnDistance(behind: Lsn, ahead: Lsn): number {
  return Number(lsnBytes(ahead) - lsnBytes(behind))
}

export function greaterLsn(one: Lsn, other: Lsn): Lsn {
  return lsnBytes(one) >= lsnBytes(other) ? one : other
}
