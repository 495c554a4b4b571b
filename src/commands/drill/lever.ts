import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'

import {PpCommand} from '../../lib/command.ts'
import {findDatabase} from '../../lib/fleet/lookup.ts'

export default class DrillLever extends PpCommand {
  static override summary =
    'Stop every drill of a database, and keep new ones from starting, until it is released.'
  static override description =
    'The voters keep it, so it holds for everybody, and it can be pulled while a drill runs: that one puts everything right and ends.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> engage --why "incident 4711"',
    '<%= config.bin %> <%= command.id %> release',
  ]
  static override args = {
    act: Args.string({required: true, options: ['engage', 'release'], description: 'What to do with it.'}),
  }
  static override flags = {
    why: Flags.string({
      description: 'What others read who find it engaged.',
      default: 'no reason given',
      helpValue: 'TEXT',
    }),
    database: Flags.string({
      description: 'Database of the fleet file; the only one when left out.',
      helpValue: 'NAME',
    }),
  }

  async run(): Promise<unknown> {
    const {args, flags} = await this.parse(DrillLever)
    const fleet = await this.liveFleet()
    const database = findDatabase(fleet, flags.database)
    const {pullLever} = await import('../../lib/drill/lever/pull-lever.ts')
    const isEngaged = args.act === 'engage'
    const lever = await pullLever(fleet, database, isEngaged, flags.why)
    const text = isEngaged
      ? `done  No drill of ${database.name} runs until: pp drill lever release`
      : `done  Drills of ${database.name} may run again.`
    return this.say(false, text, {outcome: 'done', exitCode: 0, database: database.name, lever})
  }
}
