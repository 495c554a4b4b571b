import * as Flags from '@oclif/core/flags'

import {changeFlags, SevereCommand} from '../../lib/change-command.ts'
import {databaseArg} from '../../lib/database/argument.ts'
import {findDatabase} from '../../lib/fleet/lookup.ts'
import {untilInterrupted} from '../../lib/output/interrupted.ts'

export default class DbOpen extends SevereCommand {
  static override summary = 'Make the most advanced member primary when nobody is, as after a blackout.'
  static override description =
    'Every member is looked at: nobody accepts writes, nobody is ahead of the one that is opened, and whoever does not ' +
    'answer is proved off, or given up by name. It asks for the name of the database, always.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> main --plan',
    '<%= config.bin %> <%= command.id %> main --without db3 --confirm main',
  ]
  static override args = {
    database: databaseArg,
  }
  static override flags = {
    to: Flags.string({
      description: 'Member that is opened; the most advanced one when left out.',
      helpValue: 'HOST',
    }),
    without: Flags.string({
      multiple: true,
      description: 'Member that does not answer and is given up: what only it has written is lost.',
      helpValue: 'HOST',
    }),
    ...changeFlags,
  }

  async run(): Promise<unknown> {
    const {args, flags} = await this.parse(DbOpen)
    const [{prepareOpen}, {showOpenPlan}] = await Promise.all([
      import('../../lib/database/open/prepare.ts'),
      import('../../lib/database/open/show.ts'),
    ])
    const fleet = await this.liveFleet()
    const database = findDatabase(fleet, args.database)
    const prepared = await untilInterrupted(
      prepareOpen(fleet, database, {to: flags.to, without: flags.without ?? []}),
    )
    if (prepared.kind === 'already') {
      const {alreadyReport} = await import('../../lib/database/report.ts')
      return this.say(flags.events, `done  ${prepared.why}; nothing to do.`, alreadyReport(prepared))
    }
    const question = `Make ${prepared.work.intent.to} primary of ${database.name}?`
    return this.carryOut(prepared, {shown: showOpenPlan(prepared), question}, flags)
  }
}
