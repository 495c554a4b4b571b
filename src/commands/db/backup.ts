import * as Flags from '@oclif/core/flags'

import {PpCommand} from '../../lib/command.ts'
import {databaseArg} from '../../lib/database/argument.ts'
import type {BackupType} from '../../lib/database/backup/take.ts'
import {findDatabase} from '../../lib/fleet/lookup.ts'
import {LeftRunning, untilInterrupted} from '../../lib/output/interrupted.ts'

const types: readonly BackupType[] = ['full', 'diff', 'incr']

export default class DbBackup extends PpCommand {
  static override summary = 'Make a backup now, on the repository host.'
  static override description =
    'Copied from a standby where one answers. It goes on there when pp is interrupted; typed again, pp follows it. ' +
    'No lock is taken: a change of primary never waits for a backup, which then fails and is made again.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> main --type full',
  ]
  static override args = {database: databaseArg}
  static override flags = {
    type: Flags.option({
      options: types,
      default: 'incr' as const,
      description:
        'full: everything; diff: what differs from the last full one; incr: from the last one. The first is always full.',
    })(),
    events: Flags.boolean({
      description: 'One JSON line per change on stdout; the last line is the result.',
      exclusive: ['json'],
    }),
  }

  async run(): Promise<unknown> {
    const {args, flags} = await this.parse(DbBackup)
    const fleet = await this.liveFleet()
    const database = findDatabase(fleet, args.database)
    const [{showTaken, takeBackup}, {createProgress}, {createEventSink}] = await Promise.all([
      import('../../lib/database/backup/take.ts'),
      import('../../lib/output/progress.ts'),
      import('../../lib/output/events.ts'),
    ])
    const progress = createProgress(flags.events ? {events: createEventSink()} : {})
    const taken = await untilInterrupted(
      takeBackup(fleet, database, flags.type, progress),
      (signal) => new LeftRunning('The backup', 'pp db backup', signal),
    )
    return this.say(flags.events, showTaken(taken), {outcome: 'done', exitCode: 0, ...taken})
  }
}
