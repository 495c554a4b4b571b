import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'

import {PpCommand} from '../../lib/command.ts'
import {counted} from '../../lib/counted.ts'
import {databaseArg} from '../../lib/database/argument.ts'
import {findDatabase} from '../../lib/fleet/lookup.ts'

export default class DbSalvage extends PpCommand {
  static override summary = "Copy the WAL that only a lost member's disk has to this machine."
  static override description =
    'What it has beyond the other members goes to a new, dated folder: whole segments, SHA256SUMS, and a summary of the ' +
    'transactions in them. Nothing is changed on any host. PostgreSQL must not run there, and its host must answer.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> db1',
    '<%= config.bin %> <%= command.id %> db1 --into /srv/incident',
  ]
  static override args = {
    host: Args.string({required: true, description: 'Member that is lost.'}),
    database: databaseArg,
  }
  static override flags = {
    into: Flags.string({default: '.', description: 'Folder in which the new one is made.', helpValue: 'DIR'}),
  }

  async run(): Promise<unknown> {
    const {args, flags} = await this.parse(DbSalvage)
    const fleet = await this.liveFleet()
    const [{salvageWal}, {createProgress}, {formatSize}] = await Promise.all([
      import('../../lib/database/salvage/salvage.ts'),
      import('../../lib/output/progress.ts'),
      import('../../lib/size.ts'),
    ])
    const database = findDatabase(fleet, args.database)
    const place = {host: args.host, into: flags.into}
    const salvaged = await salvageWal(fleet, database, place, createProgress())
    const text =
      salvaged.folder === null
        ? `done  ${args.host} has no WAL beyond ${salvaged.from}, which the other members have; nothing was copied.`
        : [
            `done  ${formatSize(salvaged.bytes)} of WAL that only ${args.host} has, from ${salvaged.from} on, with ${counted(salvaged.commits, 'transaction')}:`,
            `      ${salvaged.folder}`,
          ].join('\n')
    return this.say(false, text, salvaged)
  }
}
