/** Numbers that every JavaScript number holds exactly: int2, int4, oid, float4, float8. */
const numbers = new Set([21, 23, 26, 700, 701])
const boolean = 16

/**
 * How a column's text becomes a value, by type. int8, numeric, pg_lsn, timestamps and everything else stay text: a
 * number would lose digits, a Date microseconds.
 */
export function parserFor(oid: number): (text: string) => unknown {
  if (numbers.has(oid)) return Number
  return oid === boolean ? (text) => text === 't' : (text) => text
}
