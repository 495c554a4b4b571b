import {string} from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'

import {PpCommand} from '../../lib/command.ts'

export default class RolloutHistory extends PpCommand {
  static override summary = 'Show which revisions of a service its clusters keep.'
  static override description =
    'What pp rollback can go back to: the version of each, when it was made and by what. The one with * runs.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> auth',
    '<%= config.bin %> <%= command.id %> auth --json',
  ]
  static override args = {service: string({description: 'Service of the fleet file.', required: true})}
  static override flags = {
    site: Flags.string({description: 'Only its clusters on this site.', helpValue: 'NAME'}),
  }

  async run(): Promise<unknown> {
    const {args, flags} = await this.parse(RolloutHistory)
    const fleet = await this.liveFleet()
    const [{assertLabCluster}, {lookAtRollout}, {showHistory}] = await Promise.all([
      import('../../lib/fleet/lab-state.ts'),
      import('../../lib/rollout/look.ts'),
      import('../../lib/rollout/show.ts'),
    ])
    assertLabCluster(fleet)
    const clusters = await lookAtRollout(fleet, args.service, flags.site)
    return this.say(false, showHistory(clusters), {service: args.service, clusters})
  }
}
