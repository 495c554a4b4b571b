import {string} from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'

import {PpCommand} from '../lib/command.ts'

export default class Why extends PpCommand {
  static override summary = 'Say what keeps a service from being ready, most likely cause first.'
  static override description =
    'Looks at the Deployment, its ReplicaSets, Pods, events, nodes, budgets and autoscalers in every cluster of the service, and groups what it finds by cause: since when, which objects, what Kubernetes says, what a container that crashed wrote last, and the command to type next. A cluster that does not answer is said, and the others still are looked at.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> render',
    '<%= config.bin %> <%= command.id %> render --site aws',
    '<%= config.bin %> <%= command.id %> render --json',
  ]
  static override args = {service: string({description: 'Service of the fleet file.', required: true})}
  static override flags = {
    site: Flags.string({description: 'Only its clusters on this site.', helpValue: 'NAME'}),
  }

  async run(): Promise<unknown> {
    const {args, flags} = await this.parse(Why)
    const fleet = await this.liveFleet()
    const [{assertLabCluster}, {whyNotReady}, {showCauses}] = await Promise.all([
      import('../lib/fleet/lab-state.ts'),
      import('../lib/workload/why/why.ts'),
      import('../lib/workload/why/show.ts'),
    ])
    assertLabCluster(fleet)
    const {service} = args
    const {environment} = fleet
    const clusters = await whyNotReady(fleet, service, flags.site)
    const text = showCauses(clusters, {service, environment, now: new Date()})
    return this.say(false, text, {fleet: fleet.name, environment, service, clusters})
  }
}
