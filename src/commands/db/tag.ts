import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'

import {PpCommand} from '../../lib/command.ts'
import {usageError} from '../../lib/errors.ts'
import {findDatabase} from '../../lib/fleet/lookup.ts'
import {untilInterrupted} from '../../lib/output/interrupted.ts'

const tags = ['no-failover']

export default class DbTag extends PpCommand {
  static override summary = 'Keep a member from becoming primary, planned or not, or let it again.'
  static override description =
    'The voters keep the tag, so it holds while the member itself is down. pp db status shows it.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> db3 no-failover',
    '<%= config.bin %> <%= command.id %> db3 --remove no-failover',
  ]
  static override args = {
    host: Args.string({required: true, description: 'Member that is tagged.'}),
    tag: Args.string({options: tags, description: 'What is said of it.'}),
  }
  static override flags = {
    remove: Flags.string({options: tags, description: 'Tag that is taken back.', helpValue: 'TAG'}),
    database: Flags.string({
      description: 'Database of the fleet file; the only one when left out.',
      helpValue: 'NAME',
    }),
    events: Flags.boolean({
      description: 'One JSON line per change on stdout; the last line is the result.',
      exclusive: ['json'],
    }),
  }

  async run(): Promise<unknown> {
    const {args, flags} = await this.parse(DbTag)
    const tag = args.tag ?? flags.remove
    if (tag === undefined || (args.tag !== undefined && flags.remove !== undefined))
      throw usageError('USAGE', {
        message: 'Say one tag: to be set, or with --remove to be taken back.',
        hint: `pp db tag ${args.host} no-failover`,
      })
    const isSet = flags.remove === undefined
    const {prepareTag} = await import('../../lib/database/tag/prepare.ts')
    const fleet = await this.liveFleet()
    const database = findDatabase(fleet, flags.database)
    const prepared = await untilInterrupted(prepareTag(fleet, database, {host: args.host, tag, isSet}))
    if (!prepared) {
      const text = `done  ${args.host} is ${isSet ? '' : 'not '}tagged ${tag} already; nothing to do.`
      return this.say(flags.events, text, {outcome: 'done', exitCode: 0, already: true})
    }
    const [{performChange}, {createProgress}, {createEventSink}, {showReport}] = await Promise.all([
      import('../../lib/database/change.ts'),
      import('../../lib/output/progress.ts'),
      import('../../lib/output/events.ts'),
      import('../../lib/database/report.ts'),
    ])
    const progress = createProgress(flags.events ? {events: createEventSink()} : {})
    const report = await performChange(prepared, progress)
    process.exitCode = report.exitCode
    return this.say(flags.events, showReport(report, database.name), report)
  }
}
