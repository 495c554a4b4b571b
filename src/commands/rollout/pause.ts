import {string} from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'

import {PpCommand} from '../../lib/command.ts'

export default class RolloutPause extends PpCommand {
  static override summary = 'Keep a rollout from going on: Pods stay as they are, old and new.'
  static override description =
    'Sets spec.paused of the Deployment in every cluster of the service. Nothing new is started until pp rollout resume; pp deploy refuses meanwhile.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> auth',
    '<%= config.bin %> <%= command.id %> auth --site aws',
  ]
  static override args = {service: string({description: 'Service of the fleet file.', required: true})}
  static override flags = {
    site: Flags.string({description: 'Only its clusters on this site.', helpValue: 'NAME'}),
  }

  async run(): Promise<unknown> {
    const {args, flags} = await this.parse(RolloutPause)
    const fleet = await this.liveFleet()
    const [{assertLabCluster}, {setPaused}, {showStatus}] = await Promise.all([
      import('../../lib/fleet/lab-state.ts'),
      import('../../lib/rollout/pause.ts'),
      import('../../lib/rollout/show.ts'),
    ])
    assertLabCluster(fleet)
    const clusters = await setPaused(fleet, {name: args.service, site: flags.site}, true)
    return this.say(false, showStatus(clusters), {service: args.service, clusters})
  }
}
