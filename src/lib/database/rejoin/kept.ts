import type {Kept} from './types.ts'

export const keptInWords = ({commits, folder}: Kept): string =>
  commits === null
    ? `its WAL is kept in ${folder}`
    : `${commits} ${commits === 1 ? 'transaction' : 'transactions'} kept in ${folder}`
