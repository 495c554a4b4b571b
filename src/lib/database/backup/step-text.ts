import {formatDuration} from '../../duration.ts'
import type {BackupStep, RestoreStep} from '../../drivers/helper/verbs.ts'

const backupSteps: Readonly<Record<BackupStep['step'], string>> = {
  start: 'waits for a checkpoint',
  replay: 'waits until the standby has replayed it',
  copy: 'copies',
  archive: 'waits for its last WAL to be archived',
  expire: 'removes what is too old',
}

const restoreSteps: Readonly<Record<RestoreStep['step'], string>> = {
  start: 'begins',
  restore: 'copies from the repository',
  recover: 'rolls forward',
  check: 'reads every table and index',
  pages: 'reads every page',
}

/** @param seconds since it was begun, or looked at first. */
export const backupStepText = ({step, percent}: BackupStep, seconds: number): string =>
  withPercent(backupSteps[step], percent, seconds)

/** @param seconds since this step was seen first. */
export const restoreStepText = ({step, percent, detail}: RestoreStep, seconds: number): string =>
  [withPercent(restoreSteps[step], percent, seconds), ...(detail ? [detail] : [])].join(', ')

function withPercent(text: string, percent: number | null, seconds: number): string {
  if (percent === null) return text
  const left =
    percent > 0 && percent < 100 && seconds >= 1 ? (seconds * (100 - percent)) / percent : undefined
  return `${text}, ${Math.floor(percent)} %${left === undefined ? '' : `, ${formatDuration(left)} left`}`
}
