import * as Flags from '@oclif/core/flags'

import {PpCommand} from '../../lib/command.ts'
import {databaseArg} from '../../lib/database/argument.ts'
import {findDatabase} from '../../lib/fleet/lookup.ts'
import {untilInterrupted} from '../../lib/output/interrupted.ts'
import {exitCodes} from '../../lib/outcome.ts'

export default class DbBackups extends PpCommand {
  static override summary = 'List the backups: when, how big, what WAL they need, where they are.'
  static override description =
    'Asks the repository host, and the members what WAL they have still to send to it. Changes nothing.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> main --json',
    '<%= config.bin %> <%= command.id %> --check',
  ]
  static override args = {database: databaseArg}
  static override flags = {
    check: Flags.boolean({
      description: 'Exit 10 when the newest one is older than backup.maxAgeHours of the fleet file allows.',
    }),
  }

  async run(): Promise<unknown> {
    const {args, flags} = await this.parse(DbBackups)
    const fleet = await this.liveFleet()
    const database = findDatabase(fleet, args.database)
    const [{listBackups}, {showBackups}] = await Promise.all([
      import('../../lib/database/backup/list.ts'),
      import('../../lib/database/backup/show.ts'),
    ])
    const list = await untilInterrupted(listBackups(fleet, database))
    const outcome = flags.check && list.isOverdue ? 'missed' : 'done'
    this.endWith(outcome)
    return this.say(false, showBackups(list), {outcome, exitCode: exitCodes[outcome], ...list})
  }
}
