import {usageError} from '../../errors.ts'
import type {Lsn} from '../lsn.ts'

const form = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/

/**
 * A moment as it was typed; its zone has to stand there, since an hour's error restores what was to be avoided.
 *
 * @throws PpError TARGET_TIME_INVALID.
 */
export function parseTargetTime(text: string): Date {
  const time = new Date(text.trim().replace(' ', 'T'))
  if (form.test(text.trim()) && !Number.isNaN(time.getTime())) return time
  throw usageError('TARGET_TIME_INVALID', {
    message: `"${text}" is no time with its zone.`,
    hint: `As in: pp db restore --into HOST --to-time ${new Date(Date.UTC(2026, 0, 2, 3, 4, 5)).toISOString().replace('.000', '')}`,
  })
}

/** As PostgreSQL reads it. */
export const postgresTime = (time: Date): string => time.toISOString().replace('T', ' ').replace('Z', '+00')

/** @throws PpError TARGET_LSN_INVALID. */
export function parseTargetLsn(text: string): Lsn {
  if (/^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/i.test(text)) return text.toUpperCase()
  throw usageError('TARGET_LSN_INVALID', {
    message: `"${text}" is no position of the WAL.`,
    hint: 'As in: pp db restore --into HOST --to-lsn 0/3000060',
  })
}
