import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import {readFile} from 'node:fs/promises'
import {join} from 'node:path'

import {PpCommand} from '../../lib/command.ts'

const files = {markdown: 'report.md', junit: 'junit.xml'} as const

export default class DrillReportCommand extends PpCommand {
  static override summary = 'Show how a run ended, or print its evidence.'
  static override description =
    'text is what the run itself has printed; markdown and junit are printed as they were kept; html prints the path of the page.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> latest',
    '<%= config.bin %> <%= command.id %> dr-20261126T091205 --format junit',
  ]
  static override args = {
    run: Args.string({required: true, description: 'Run, how its name begins, or latest.'}),
  }
  static override flags = {
    format: Flags.string({
      options: ['text', 'markdown', 'html', 'junit'],
      default: 'text',
      description: 'What is printed.',
    }),
  }

  async run(): Promise<unknown> {
    const {args, flags} = await this.parse(DrillReportCommand)
    const fleet = await this.fleet()
    const [{findReport, readRuns}, {drillsFolder}] = await Promise.all([
      import('../../lib/drill/report/runs.ts'),
      import('../../lib/drill/run-files.ts'),
    ])
    const report = findReport(fleet, args.run)
    const folder = join(drillsFolder(fleet), report.id)
    if (flags.format === 'html') return this.say(false, join(folder, 'report.html'), report)
    if (flags.format === 'markdown' || flags.format === 'junit')
      return this.say(false, await readFile(join(folder, files[flags.format]), 'utf8'), report)
    const [{trendOf}, {showDrillReport}] = await Promise.all([
      import('../../lib/drill/report/history.ts'),
      import('../../lib/drill/show/report.ts'),
    ])
    const until = readRuns(fleet).runs.filter(
      ({drill, startedAt}) => drill.name === report.drill.name && startedAt <= report.startedAt,
    )
    return this.say(false, showDrillReport(report, trendOf(until.toReversed()), folder), report)
  }
}
