import * as Args from '@oclif/core/args'

import {PpCommand} from '../../lib/command.ts'

export default class DrillShow extends PpCommand {
  static override summary = 'Show what a drill does, step by step, and what it wants.'
  static override description =
    'Reads its file only. Every mistake of the file is listed at once, with line and column.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> dr',
    '<%= config.bin %> <%= command.id %> dr --json',
  ]
  static override args = {drill: Args.string({required: true, description: 'Name of the drill.'})}

  async run(): Promise<unknown> {
    const {args} = await this.parse(DrillShow)
    const fleet = await this.fleet()
    const [{loadDrill}, {showDrill}] = await Promise.all([
      import('../../lib/drill/format/load.ts'),
      import('../../lib/drill/show/drill.ts'),
    ])
    const drill = loadDrill(fleet, args.drill)
    if (!this.jsonEnabled()) process.stdout.write(`${showDrill(drill)}\n`)
    return {schemaVersion: 1, drill}
  }
}
