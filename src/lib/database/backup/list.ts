import {openHost} from '../../drivers/ssh/open-host.ts'
import {messageOf} from '../../errors.ts'
import {findHost} from '../../fleet/lookup.ts'
import type {Database, Fleet} from '../../fleet/types.ts'
import {backupWarnings, isOverdue, newestBackup} from './age.ts'
import {repositoryOf, withBackupHost} from './host.ts'

/**
 * What the repository has, newest last, and what its members have still to send to it. Changes nothing.
 *
 * @throws PpError BACKUPS_NOT_SET_UP, SSH_UNREACHABLE, REPOSITORY_UNREADABLE.
 */
export async function listBackups(fleet: Fleet, database: Database) {
  const [repository, queues] = await Promise.all([
    readRepository(fleet, database),
    Promise.all(database.members.map((host) => queueOf(fleet, host, database.name))),
  ])
  const state = {...repository, queues: queues.flatMap((queue) => queue ?? [])}
  return {...state, isOverdue: isOverdue(state), warnings: backupWarnings(state)}
}

const glanceSeconds = 3

/** The same without a question to the members: quick enough for pp status. */
export async function readRepository(fleet: Fleet, database: Database, timeoutSeconds = 25) {
  const {host, maxAgeHours} = repositoryOf(database)
  return withBackupHost(fleet, host, async ({looks}) => {
    const target = database.name
    const found = await looks.call('backup-info', {target}, {timeoutSeconds})
    const {last} = await looks.call('backup-progress', {target}, {timeoutSeconds})
    return {
      database: database.name,
      host,
      place: found.place,
      status: found.status,
      isReady: found.isReady,
      systemIdentifier: found.systemIdentifier,
      archive: found.archive,
      maxAgeHours,
      last,
      backups: found.backups.map((backup) => ({...backup, ageSeconds: age(found.now, backup.stoppedAt)})),
    }
  })
}
export type Repository = Awaited<ReturnType<typeof readRepository>>

/** By the repository's own clock, which wrote the times. */
const age = (now: number, at: number): number => Math.max(0, Math.round(now - at))

/** A member that does not answer, or has no part in backups yet, tells nothing. */
async function queueOf(fleet: Fleet, host: string, target: string) {
  try {
    const connection = await openHost(findHost(fleet, host), fleet.ssh, {connectSeconds: 2})
    try {
      const helper = await connection.openHelper()
      return {host, ...(await helper.call('backup-queue', {target}, {timeoutSeconds: 5}))}
    } finally {
      connection.close()
    }
  } catch {
    return undefined
  }
}

/** For pp status: never fails, never takes long. Undefined where no backups are made. */
export async function glanceAtBackups(fleet: Fleet, database: Database) {
  if (!database.backup) return undefined
  const {host} = database.backup
  try {
    const state = {...(await readRepository(fleet, database, glanceSeconds)), queues: []}
    const newest = newestBackup(state)
    return {
      host,
      newest: newest ? {label: newest.label, type: newest.type, ageSeconds: newest.ageSeconds} : null,
      isOverdue: isOverdue(state),
      warnings: backupWarnings(state).map((warning) => `${database.name}: ${warning}`),
    }
  } catch (error) {
    return {
      host,
      newest: null,
      isOverdue: null,
      warnings: [`${database.name}: the backups on ${host} cannot be seen: ${messageOf(error)}`],
    }
  }
}
export type BackupGlance = NonNullable<Awaited<ReturnType<typeof glanceAtBackups>>>
