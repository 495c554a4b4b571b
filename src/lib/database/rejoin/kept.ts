import type {Kept} from './types.ts'

export const keptInWords = ({commits, folder}: Kept): string =>
  commits === null ? `its WAL is kept in ${folder}` : `${commits} transactions kept in ${folder}`
