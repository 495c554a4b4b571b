/** 1 check, 2 checks. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

/** `1 check holds`, `3 checks hold`. */
export const holding = (count: number, noun: string): string =>
  `${counted(count, noun)} hold${count === 1 ? 's' : ''}`
