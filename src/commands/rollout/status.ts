import {string} from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'

import {PpCommand} from '../../lib/command.ts'

export default class RolloutStatus extends PpCommand {
  static override summary = 'Show where the rollout of a service stands in each cluster.'
  static override description =
    'Which version, how many Pods are ready, whether it is paused or does not come on, and a canary where there is one.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> auth',
    '<%= config.bin %> <%= command.id %> auth --json',
  ]
  static override args = {service: string({description: 'Service of the fleet file.', required: true})}
  static override flags = {
    site: Flags.string({description: 'Only its clusters on this site.', helpValue: 'NAME'}),
  }

  async run(): Promise<unknown> {
    const {args, flags} = await this.parse(RolloutStatus)
    const fleet = await this.liveFleet()
    const [{assertLabCluster}, {lookAtRollout}, {showStatus}] = await Promise.all([
      import('../../lib/fleet/lab-state.ts'),
      import('../../lib/rollout/look.ts'),
      import('../../lib/rollout/show.ts'),
    ])
    assertLabCluster(fleet)
    const clusters = await lookAtRollout(fleet, args.service, flags.site)
    return this.say(false, showStatus(clusters), {service: args.service, clusters})
  }
}
