import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'

import {PpCommand} from './command.ts'
import {usageError} from './errors.ts'
import type {Direction} from './operation/types.ts'

/** `pp op resume` and `pp op abort`: the same planner, asked again, forward or back. */
export abstract class ContinueCommand extends PpCommand {
  static override args = {
    id: Args.string({description: 'Operation, or how its id begins; the only unfinished one when left out.'}),
  }
  static override flags = {
    yes: Flags.boolean({char: 'y', description: 'Answer yes to the question.'}),
    events: Flags.boolean({
      description: 'One JSON line per change on stdout; the last line is the result.',
      exclusive: ['json'],
    }),
  }

  abstract readonly direction: Direction

  async run(): Promise<unknown> {
    const command = this.constructor as typeof ContinueCommand
    const {args, flags} = await this.parse(command)
    const [
      {continueOperation, findOperationAnywhere},
      {confirm, notConfirmed},
      {createProgress},
      {createEventSink, writeResultLine},
    ] = await Promise.all([
      import('./operations.ts'),
      import('./output/confirm.ts'),
      import('./output/progress.ts'),
      import('./output/events.ts'),
    ])
    const fleet = await this.liveFleet()
    const operation = await findOperationAnywhere(fleet, args.id)
    if (operation.outcome !== undefined) {
      throw usageError('OPERATION_ENDED', {
        message: `Operation ${operation.id} has ended: ${operation.outcome}.`,
        hint: `pp op show ${operation.id}`,
      })
    }
    const verb = this.direction === 'forward' ? 'Finish' : 'Take back'
    const question = `${verb} operation ${operation.id} of ${operation.owner} on ${operation.target}${operation.step ? ` (it stopped at ${operation.step})` : ''}?`
    if (!(await confirm(question, {yes: flags.yes}))) {
      throw notConfirmed()
    }
    const progress = createProgress(flags.events ? {events: createEventSink()} : {})
    const {report, text} = await continueOperation(fleet, operation, this.direction, progress)
    process.exitCode = report.exitCode
    if (flags.events) writeResultLine(report)
    else if (!this.jsonEnabled()) process.stdout.write(`${text}\n`)
    return report
  }
}
