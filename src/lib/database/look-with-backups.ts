import type {Database, Fleet} from '../fleet/types.ts'
import {glanceAtBackups} from './backup/list.ts'
import {lookAtDatabase} from './look.ts'
import {databaseStatus} from './status.ts'

/** Looks once at each, and at how old its newest backup is; that is a warning at most, since nothing waits for a backup. */
export async function lookAtDatabases(fleet: Fleet, databases: readonly Database[]) {
  const looks = await Promise.all(
    databases.map((database) =>
      Promise.all([lookAtDatabase(fleet, database), glanceAtBackups(fleet, database)]),
    ),
  )
  return {
    states: looks.map(([state]) => state),
    databases: looks.map(([state, backups]) => ({...databaseStatus(state), backups: backups ?? null})),
    warnings: looks.flatMap(([, backups]) => backups?.warnings ?? []),
  }
}
