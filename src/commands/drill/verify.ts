import * as Args from '@oclif/core/args'
import {join} from 'node:path'

import {PpCommand} from '../../lib/command.ts'

export default class DrillVerify extends PpCommand {
  static override summary = 'Check that the evidence of a run is as it was written.'
  static override description =
    'Names the first record of the journal that does not continue the one before, or the first file that differs. Exits 13 then.'
  static override examples = ['<%= config.bin %> <%= command.id %> latest']
  static override args = {
    run: Args.string({required: true, description: 'Run, how its name begins, or latest.'}),
  }

  async run(): Promise<unknown> {
    const {args} = await this.parse(DrillVerify)
    const fleet = await this.fleet()
    const [{findFolder}, {verifyRun}] = await Promise.all([
      import('../../lib/drill/report/runs.ts'),
      import('../../lib/drill/report/verify.ts'),
    ])
    const {id, folder} = findFolder(fleet, args.run)
    const verified = verifyRun(folder)
    const outcome = verified.isIntact ? 'done' : 'human'
    this.endWith(outcome)
    const text = verified.isIntact
      ? `✔ ${id}: ${verified.records} records in one chain, ${verified.files.length} files as they were written`
      : `✖ ${id}: ${join(folder, verified.file)}${verified.line === undefined ? '' : `:${verified.line}`}: ${verified.why}`
    return this.say(false, text, {outcome, exitCode: verified.isIntact ? 0 : 13, run: id, ...verified})
  }
}
