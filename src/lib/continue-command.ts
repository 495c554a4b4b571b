import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'

import {PpCommand} from './command.ts'
import {usageError} from './errors.ts'
import type {Fleet} from './fleet/types.ts'
import type {OperationSummary} from './operation/store.ts'
import type {Direction} from './operation/types.ts'

/** What is to be gone on with, in the words of its kind. */
export interface Continuable {
  readonly operation: OperationSummary
  /** As a sentence begins with it. */
  readonly name: string
  readonly question: string
  /** Command that shows it once it has ended. */
  readonly shownBy: string
}

/** `pp op resume`, `pp op abort` and those of a drill: the same planner, asked again, forward or back. */
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
    const [{continueOperation}, {confirm, notConfirmed}, {createProgress}, {createEventSink}] =
      await Promise.all([
        import('./operations.ts'),
        import('./output/confirm.ts'),
        import('./output/progress.ts'),
        import('./output/events.ts'),
      ])
    const fleet = await this.liveFleet()
    const {operation, name, question, shownBy} = await this.find(fleet, args.id)
    if (operation.outcome !== undefined) {
      throw usageError('OPERATION_ENDED', {
        message: `${name} has ended: ${operation.outcome}.`,
        hint: shownBy,
      })
    }
    if (!(await confirm(question, {yes: flags.yes}))) {
      throw notConfirmed()
    }
    const progress = createProgress(flags.events ? {events: createEventSink()} : {})
    const {report, text} = await continueOperation(fleet, operation, this.direction, progress)
    process.exitCode = report.exitCode
    return this.say(flags.events, text, report)
  }

  /** @throws PpError when no single one is meant. */
  protected async find(fleet: Fleet, id: string | undefined): Promise<Continuable> {
    const {findOperationAnywhere} = await import('./operations.ts')
    const operation = await findOperationAnywhere(fleet, id)
    const verb = this.direction === 'forward' ? 'Finish' : 'Take back'
    const where = operation.step ? ` (it stopped at ${operation.step})` : ''
    return {
      operation,
      name: `Operation ${operation.id}`,
      question: `${verb} operation ${operation.id} of ${operation.owner} on ${operation.target}${where}?`,
      shownBy: `pp op show ${operation.id}`,
    }
  }
}
