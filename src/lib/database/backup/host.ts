import type {Helper} from '../../drivers/helper/types.ts'
import {openHost} from '../../drivers/ssh/open-host.ts'
import {refusal} from '../../errors.ts'
import {findHost} from '../../fleet/lookup.ts'
import type {Database, Fleet} from '../../fleet/types.ts'

const connectSeconds = 2

/** Two helpers of a host: one that acts may not answer for hours, and the other one tells how far it is. */
export interface BackupHost {
  readonly host: string
  readonly acts: Helper
  readonly looks: Helper
}

/**
 * Connects to a host that has a part in backups, and to no other: a change of primary is none of its business, and it must
 * never keep one waiting.
 *
 * @throws PpError SSH_UNREACHABLE and what else `openHost` does; HELPER_*.
 */
export async function withBackupHost<T>(
  fleet: Fleet,
  host: string,
  use: (opened: BackupHost) => Promise<T>,
): Promise<T> {
  const connection = await openHost(findHost(fleet, host), fleet.ssh, {connectSeconds})
  try {
    const [acts, looks] = await Promise.all([connection.openHelper(), connection.openHelper()])
    return await use({host, acts, looks})
  } finally {
    connection.close()
  }
}

/** @throws PpError BACKUPS_NOT_SET_UP. */
export function repositoryOf({name, backup}: Database): NonNullable<Database['backup']> {
  if (backup) return backup
  throw refusal('BACKUPS_NOT_SET_UP', {
    message: `The fleet file names no repository for the backups of ${name}.`,
    hint: 'Add backup: {repository: GROUP} to the database in the fleet file, and the group to the inventory; then play site.yml',
  })
}
