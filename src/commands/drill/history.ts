import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'

import {PpCommand} from '../../lib/command.ts'

export default class DrillHistory extends PpCommand {
  static override summary = 'Show how a drill has done over its runs.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> dr',
    '<%= config.bin %> <%= command.id %> dr --fail-on-regression',
  ]
  static override args = {
    name: Args.string({required: true, description: 'Drill: a file of playbooks/drills without its suffix.'}),
  }
  static override flags = {
    'fail-on-regression': Flags.boolean({
      description: 'Exit 10 when the last run was slower than usual.',
    }),
  }

  async run(): Promise<unknown> {
    const {args, flags} = await this.parse(DrillHistory)
    const fleet = await this.fleet()
    const [{readRuns}, {trendOf}, {showHistory}] = await Promise.all([
      import('../../lib/drill/report/runs.ts'),
      import('../../lib/drill/report/history.ts'),
      import('../../lib/drill/show/history.ts'),
    ])
    const {runs, unreadable} = readRuns(fleet)
    const own = runs.filter(({drill}) => drill.name === args.name)
    if (own.length === 0) {
      const {loadDrill} = await import('../../lib/drill/format/load.ts')
      loadDrill(fleet, args.name) // a mistyped name is no drill without a run
    }
    const trend = trendOf(own.toReversed())
    const outcome = flags['fail-on-regression'] && trend.isRegression === true ? 'missed' : 'done'
    this.endWith(outcome)
    for (const {file, why} of unreadable) process.stderr.write(`note: ${file} is left out: ${why}\n`)
    return this.say(false, showHistory(args.name, trend), {outcome, drill: args.name, ...trend, unreadable})
  }
}
