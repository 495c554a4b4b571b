import {string} from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'

import {RolloutCommand, applyFlag, rolloutFlags} from '../lib/rollout-command.ts'

export default class Rollback extends RolloutCommand {
  static override summary = 'Bring a service back to a revision that its clusters still keep.'
  static override description =
    'Takes the whole Pod template of that revision, not the image alone, and waits until every Pod is ready. Migrations are not taken back: versions side by side have to get on with one schema anyway.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> auth',
    '<%= config.bin %> <%= command.id %> auth --site rack --to 7',
  ]
  static override args = {service: string({description: 'Service of the fleet file.', required: true})}
  static override flags = {
    to: Flags.integer({
      description: 'Revision, as pp rollout history numbers them; the one before when left out.',
      min: 1,
      helpValue: 'REVISION',
    }),
    ...rolloutFlags,
    apply: applyFlag('to'),
  }

  async run(): Promise<unknown> {
    const {args, flags} = await this.parse(Rollback)
    const {to, site, 'wait-timeout': patienceSeconds} = flags
    return this.carryOut(args.service, {operation: 'rollback', to, site, patienceSeconds}, flags)
  }
}
