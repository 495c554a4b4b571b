import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'

import {PpCommand} from '../../lib/command.ts'
import {usageError} from '../../lib/errors.ts'
import {findDatabase} from '../../lib/fleet/lookup.ts'

export default class DbRejoin extends PpCommand {
  static override summary = 'Bring a member that was primary back as a standby of the present one.'
  static override description =
    'What only that member has written is kept aside, dated and counted, before it is taken back (pg_rewind). ' +
    'Interrupted, it is never started before pp op resume has finished it. A pooler that was away while the primary changed is ' +
    'led to the present one.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> db1',
    '<%= config.bin %> <%= command.id %> db1 --plan',
  ]
  static override args = {
    host: Args.string({required: true, description: 'Member that comes back.'}),
    database: Args.string({description: 'Database of the fleet file; the only one when left out.'}),
  }
  static override flags = {
    plan: Flags.boolean({description: 'Show what would be done; change nothing, lock nothing.'}),
    yes: Flags.boolean({char: 'y', description: 'Answer yes to ordinary questions.'}),
    confirm: Flags.string({
      description: 'Name of the database, for a protected environment.',
      helpValue: 'NAME',
    }),
    events: Flags.boolean({
      description: 'One JSON line per change on stdout; the last line is the result.',
      exclusive: ['json'],
    }),
  }

  async run(): Promise<unknown> {
    const {args, flags} = await this.parse(DbRejoin)
    const {prepareRejoin} = await import('../../lib/database/rejoin/prepare.ts')
    const fleet = await this.liveFleet()
    const database = findDatabase(fleet, args.database)
    const prepared = await prepareRejoin(fleet, database, args.host)
    if (!prepared) {
      return this.say(flags.events, `done  ${args.host} streams from the primary already; nothing to do.`, {
        outcome: 'done',
        exitCode: 0,
        already: true,
      })
    }
    const {cluster, work, steps} = prepared
    const shown = [
      `${database.name} on ${fleet.name}/${fleet.environment}: ${args.host} comes back as a standby of ${work.intent.to}`,
      '',
      ...steps.map((step, index) => `  ${String(index + 1).padStart(2)} ${work.title(step)}`),
    ].join('\n')
    if (flags.plan) {
      await cluster.close()
      return this.say(flags.events, shown, {outcome: 'done', exitCode: 0, intent: work.intent, steps})
    }
    process.stderr.write(`${shown}\n\n`)
    const {confirm, confirmByName} = await import('../../lib/output/confirm.ts')
    const question = `Bring ${args.host} back as a standby of ${work.intent.to}?`
    const isConfirmed = await (
      fleet.isProtected
        ? confirmByName(question, {name: database.name, confirm: flags.confirm})
        : confirm(question, {yes: flags.yes || flags.confirm === database.name})
    ).catch(async (error: unknown) => {
      await cluster.close()
      throw error
    })
    if (!isConfirmed) {
      await cluster.close()
      throw usageError('NOT_CONFIRMED', {
        message: `Not confirmed; ${args.host} was not touched.`,
        hint: 'Run it again and answer, or add --yes',
      })
    }
    const [{performChange}, {createProgress}, {createEventSink}, {showReport}] = await Promise.all([
      import('../../lib/database/change.ts'),
      import('../../lib/output/progress.ts'),
      import('../../lib/output/events.ts'),
      import('../../lib/database/report.ts'),
    ])
    const report = await performChange(
      {...prepared, checks: []},
      createProgress(flags.events ? {events: createEventSink()} : {}),
    )
    process.exitCode = report.exitCode
    return this.say(flags.events, showReport(report, database.name), report)
  }
}
