import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'

import {PpCommand} from './command.ts'
import {databaseArg} from './database/argument.ts'
import type {RejoinRequest} from './database/rejoin/prepare.ts'
import {findDatabase} from './fleet/lookup.ts'
import {untilInterrupted} from './output/interrupted.ts'

/** `pp db rejoin` and `pp db clone`: the same planner, with and without a try to keep what is there. */
export abstract class RejoinCommand extends PpCommand {
  static override args = {
    host: Args.string({required: true, description: 'Member that comes back.'}),
    database: databaseArg,
  }
  static override flags = {
    'remove-old': Flags.boolean({
      description: 'Let the old data go where the disk has no room for it beside the copy.',
    }),
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

  abstract readonly how: RejoinRequest['how']

  async run(): Promise<unknown> {
    const {args, flags} = await this.parse(this.constructor as typeof RejoinCommand)
    const {prepareRejoin} = await import('./database/rejoin/prepare.ts')
    const fleet = await this.liveFleet()
    const database = findDatabase(fleet, args.database)
    const prepared = await untilInterrupted(
      prepareRejoin(fleet, database, {host: args.host, how: this.how, removeOld: flags['remove-old']}),
    )
    if (!prepared) {
      return this.say(flags.events, `done  ${args.host} streams from the primary already; nothing to do.`, {
        outcome: 'done',
        exitCode: 0,
        already: true,
      })
    }
    const {cluster, work, steps, notes} = prepared
    const {to} = work.intent
    const does = this.how === 'clone' ? `becomes a new copy of ${to}` : `comes back as a standby of ${to}`
    const shown = [
      `${database.name} on ${fleet.name}/${fleet.environment}: ${args.host} ${does}`,
      '',
      ...steps.map((step, index) => `  ${String(index + 1).padStart(2)} ${work.title(step)}`),
      '',
      ...notes.map((note) => `  ${note}`),
    ].join('\n')
    if (flags.plan) {
      await cluster.close()
      return this.say(flags.events, shown, {outcome: 'done', exitCode: 0, intent: work.intent, steps, notes})
    }
    process.stderr.write(`${shown}\n\n`)
    const {confirm, confirmByName, notConfirmed} = await import('./output/confirm.ts')
    const question =
      this.how === 'clone'
        ? `Copy ${to} to ${args.host} anew?`
        : `Bring ${args.host} back as a standby of ${to}?`
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
      throw notConfirmed(args.host)
    }
    const [{performChange}, {createProgress}, {createEventSink}, {showReport}] = await Promise.all([
      import('./database/change.ts'),
      import('./output/progress.ts'),
      import('./output/events.ts'),
      import('./database/report.ts'),
    ])
    const report = await performChange(
      {...prepared, checks: []},
      createProgress(flags.events ? {events: createEventSink()} : {}),
    )
    process.exitCode = report.exitCode
    return this.say(flags.events, showReport(report, database.name), report)
  }
}
