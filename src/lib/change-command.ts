import * as Flags from '@oclif/core/flags'

import {PpCommand} from './command.ts'
import type {PreparedWork} from './database/change.ts'

export const changeFlags = {
  plan: Flags.boolean({description: 'Show what would be done; change nothing, lock nothing.'}),
  confirm: Flags.string({
    description: 'Name of the database; without a terminal it answers the question.',
    helpValue: 'NAME',
  }),
  events: Flags.boolean({
    description: 'One JSON line per change on stdout; the last line is the result.',
    exclusive: ['json'],
  }),
}

interface ChangeFlags {
  readonly plan: boolean
  readonly confirm?: string | undefined
  readonly events: boolean
}

/** A command whose act is severe everywhere: it shows the plan, asks for the name of the database, acts and reports. */
export abstract class SevereCommand extends PpCommand {
  protected async carryOut(
    prepared: PreparedWork & {readonly steps: readonly unknown[]},
    {shown, question}: {readonly shown: string; readonly question: string},
    flags: ChangeFlags,
  ): Promise<unknown> {
    const {cluster, work, steps, checks, ranking} = prepared
    const {name} = cluster.database
    if (flags.plan) {
      await cluster.close()
      const {intent} = work
      const losers = ranking?.losers ?? []
      return this.say(flags.events, shown, {outcome: 'done', exitCode: 0, intent, steps, checks, losers})
    }
    process.stderr.write(`${shown}\n\n`)
    const {confirmByName, notConfirmed} = await import('./output/confirm.ts')
    const isConfirmed = await confirmByName(question, {name, confirm: flags.confirm}).catch(
      async (error: unknown) => {
        await cluster.close()
        throw error
      },
    )
    if (!isConfirmed) {
      await cluster.close()
      throw notConfirmed(name)
    }
    const [{performChange}, {createProgress}, {createEventSink}, {showReport}] = await Promise.all([
      import('./database/change.ts'),
      import('./output/progress.ts'),
      import('./output/events.ts'),
      import('./database/report.ts'),
    ])
    const progress = createProgress(flags.events ? {events: createEventSink()} : {})
    const report = await performChange(prepared, progress)
    process.exitCode = report.exitCode
    return this.say(flags.events, showReport(report, name), report)
  }
}
