import type {Tolerance} from '../format/types.ts'

export const isWithin = (measured: number, {min, max}: Tolerance): boolean =>
  measured >= (min ?? -Infinity) && measured <= (max ?? Infinity)

export const showTolerance = ({min, max}: Tolerance): string =>
  [min === undefined ? [] : `${min} or more`, max === undefined ? [] : `${max} or less`].flat().join(' and ')
