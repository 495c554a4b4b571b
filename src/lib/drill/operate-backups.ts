import {randomInt} from 'node:crypto'

import {holding} from '../counted.ts'
import {readRepository} from '../database/backup/list.ts'
import {restoreBackup} from '../database/backup/restore.ts'
import {takeBackup} from '../database/backup/take.ts'
import {parseTargetTime} from '../database/backup/target.ts'
import {PpError} from '../errors.ts'
import type {Operated, OperateOptions, OperationStep} from './operate.ts'

/** Neither changes the database, so there is no operation whose journal could be named. */
const done = (says: string): Operated => ({
  operation: undefined,
  says,
  decidedAt: undefined,
  routedAt: undefined,
})

export async function backUp({fleet, database, progress}: OperateOptions): Promise<Operated> {
  const {backup} = await takeBackup(fleet, database, 'incr', progress)
  return done(`${backup.label} was made`)
}

/** Restores beside the live database, looks at it and removes it again. @throws PpError RESTORE_UNSOUND. */
export async function restore(step: OperationStep, options: OperateOptions): Promise<Operated> {
  const {fleet, database, progress} = options
  const {into, backup, 'to-time': time} = step.with
  const target = {
    label: await labelOf(String(backup ?? 'newest'), options),
    time: typeof time === 'string' ? parseTargetTime(time) : undefined,
    lsn: undefined,
  }
  const result = await restoreBackup(
    fleet,
    database,
    {into: String(into), target, keep: false, quick: false},
    progress,
  )
  if (result.outcome !== 'done')
    throw new PpError('human', 'RESTORE_UNSOUND', {
      message: `${result.backup.label} was restored on ${result.host}, and not every check of it holds.`,
      hint: `pp db restore --into ${result.host} --backup ${result.backup.label} --keep`,
    })
  return done(
    `${result.backup.label} restored on ${result.host} in ${result.seconds} s, ${holding(result.checks.length, 'check')}`,
  )
}

/** `random` is one of the older ones; the newest where there is no other. */
async function labelOf(wanted: string, {fleet, database}: OperateOptions): Promise<string | undefined> {
  if (wanted === 'newest') return undefined
  if (wanted !== 'random') return wanted
  const {backups} = await readRepository(fleet, database)
  const labels = backups.map(({label}) => label).toSorted()
  const older = labels.slice(0, -1)
  return older.length === 0 ? labels[0] : older[randomInt(older.length)]
}
