import {counted} from '../../counted.ts'
import type {Kept} from './types.ts'

export const keptInWords = ({commits, folder}: Kept): string =>
  commits === null ? `its WAL is kept in ${folder}` : `${counted(commits, 'transaction')} kept in ${folder}`
