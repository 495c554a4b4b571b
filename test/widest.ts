/** Columns that a text needs. */
export const widest = (text: string): number =>
  Math.max(...text.split('\n').map((line) => Array.from(line).length))
