import {string} from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'

import {PpCommand} from '../../lib/command.ts'

export default class RolloutResume extends PpCommand {
  static override summary = 'Let a rollout that was paused go on.'
  static override description =
    'Takes spec.paused back in every cluster of the service. To go on with an interrupted pp deploy: pp op resume.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> auth',
    '<%= config.bin %> <%= command.id %> auth --site aws',
  ]
  static override args = {service: string({description: 'Service of the fleet file.', required: true})}
  static override flags = {
    site: Flags.string({description: 'Only its clusters on this site.', helpValue: 'NAME'}),
  }

  async run(): Promise<unknown> {
    const {args, flags} = await this.parse(RolloutResume)
    const fleet = await this.liveFleet()
    const [{assertLabCluster}, {setPaused}, {showStatus}] = await Promise.all([
      import('../../lib/fleet/lab-state.ts'),
      import('../../lib/rollout/pause.ts'),
      import('../../lib/rollout/show.ts'),
    ])
    assertLabCluster(fleet)
    const clusters = await setPaused(fleet, {name: args.service, site: flags.site}, false)
    return this.say(false, showStatus(clusters), {service: args.service, clusters})
  }
}
