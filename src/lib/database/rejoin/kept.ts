import {counted} from '../../counted.ts'
import type {Kept} from './types.ts'

export const keptInWords = ({commits, problem, folder}: Kept): string => {
  if (commits === null) return `its WAL is kept in ${folder}`
  const more = typeof problem === 'string' ? ` and what could not be read (${problem})` : ''
  return `${counted(commits, 'transaction')}${more} kept in ${folder}`
}
