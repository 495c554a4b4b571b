import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'

import {PpCommand} from '../../lib/command.ts'
import {usageError} from '../../lib/errors.ts'
import {exitCodes} from '../../lib/outcome.ts'
import {untilInterrupted} from '../../lib/output/interrupted.ts'

export default class DrillCheck extends PpCommand {
  static override summary = 'Say whether a drill could run now, and why not.'
  static override description =
    'Resolves its targets and looks at every precondition; takes no lock, changes nothing. Exits 3 when a drill could not run, ' +
    '7 when all that keeps it is its window or the stop lever.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> dr',
    '<%= config.bin %> <%= command.id %> --all --json',
  ]
  static override args = {
    name: Args.string({description: 'Drill: a file of playbooks/drills without its suffix.'}),
  }
  static override flags = {all: Flags.boolean({description: 'Every drill of this environment.'})}

  async run(): Promise<unknown> {
    const {args, flags} = await this.parse(DrillCheck)
    if ((args.name === undefined) === !flags.all)
      throw usageError('USAGE', {message: 'Name a drill, or --all.', hint: 'pp drill check --all'})
    const fleet = await this.liveFleet()
    const {checkDrills} = await import('../../lib/drill/check.ts')
    const drills = await untilInterrupted(checkDrills(fleet, args.name))
    const worst = drills.find(({outcome}) => outcome !== 'done' && outcome !== 'not-now') ?? drills.find(({outcome}) => outcome !== 'done') // prettier-ignore
    const outcome = worst?.outcome ?? 'done'
    this.endWith(outcome)
    if (!this.jsonEnabled()) {
      const {showChecks} = await import('../../lib/drill/show/check.ts')
      process.stdout.write(`${showChecks(drills)}\n`)
    }
    return {schemaVersion: 1, outcome, exitCode: exitCodes[outcome], drills}
  }
}
