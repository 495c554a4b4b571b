import * as Args from '@oclif/core/args'

import {ContinueCommand, type Continuable} from './continue-command.ts'
import type {Fleet} from './fleet/types.ts'

/** `pp drill undo` and `pp drill resume`: a run is found by its name too; one that another machine began, by its operation. */
export abstract class DrillContinueCommand extends ContinueCommand {
  static override args = {
    id: Args.string({
      description: 'Run, or how its name begins, or its operation; the only unfinished one when left out.',
    }),
  }

  protected override async find(fleet: Fleet, id: string | undefined): Promise<Continuable> {
    const [{findOperationAnywhere}, {findRun}, {operationIdPattern}] = await Promise.all([
      import('./operations.ts'),
      import('./drill/find-run.ts'),
      import('./operation/id.ts'),
    ])
    if (id !== undefined && operationIdPattern.test(id)) await findOperationAnywhere(fleet, id)
    const {run, operation} = findRun(fleet, id)
    const verb = this.direction === 'forward' ? 'Go on with' : 'Put right what was broken by'
    return {
      operation,
      name: run,
      question: `${verb} ${run} of ${operation.owner}?`,
      shownBy: `pp drill report ${run}`,
    }
  }
}
