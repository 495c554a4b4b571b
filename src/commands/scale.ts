import {string} from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'

import {again} from '../lib/again.ts'
import {PpCommand} from '../lib/command.ts'
import {usageError} from '../lib/errors.ts'

export default class Scale extends PpCommand {
  static override summary = 'Plan how many replicas a service runs, and where they fit.'
  static override description = `Looks at every cluster of the service, finds out who owns the number (a Deployment, an HPA or a KEDA ScaledObject), fits the Pods into the nodes by the scheduler's hard rules, first cluster first, and says which fields would be set and which node groups would have to grow. It changes nothing: so far there is only the plan, and --plan has to be given.

An absolute number for a service that an autoscaler owns is its lower bound; the upper one is raised where it has to be.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> render 24 --plan',
    '<%= config.bin %> <%= command.id %> render +6 --plan',
    '<%= config.bin %> <%= command.id %> render --surge 300% --plan',
    '<%= config.bin %> <%= command.id %> render --site aws --min 4 --max 40 --plan --json',
  ]
  static override args = {
    service: string({description: 'Service of the fleet file.', required: true}),
    target: string({description: 'How many: 24, or from what it has now +6, -4, x3.'}),
  }
  static override flags = {
    plan: Flags.boolean({description: 'Show the plan; nothing is changed.'}),
    surge: Flags.string({
      description: 'So much of what it has now: 300% is x3.',
      helpValue: 'PERCENT',
      exclusive: ['min', 'max'],
    }),
    min: Flags.integer({description: 'Lower bound of its autoscaler, instead of a number.', min: 0}),
    max: Flags.integer({description: 'Upper bound of its autoscaler.', min: 1}),
    site: Flags.string({description: 'Only its clusters on this site.', helpValue: 'NAME'}),
  }

  async run(): Promise<unknown> {
    const {args, flags} = await this.parse(Scale)
    if (!flags.plan)
      throw usageError('SCALE_PLAN_ONLY', {
        message: 'So far pp scale only plans: nothing was changed, and without --plan it does nothing.',
        hint: again('--plan'),
      })
    const fleet = await this.liveFleet()
    const {requestOf} = await import('../lib/workload/request.ts')
    const request = requestOf({...args, ...flags}, fleet.isProtected)
    const [{plannedScale}, {showScale}] = await Promise.all([
      import('../lib/workload/scale.ts'),
      import('../lib/workload/show.ts'),
    ])
    const {assertLabCluster} = await import('../lib/fleet/lab-state.ts')
    assertLabCluster(fleet)
    const {service} = args
    const plan = await plannedScale(fleet, request)
    const {environment, isProtected} = fleet
    const text = showScale(plan, {service, environment, isProtected})
    return this.say(false, text, {fleet: fleet.name, environment, service, ...plan})
  }
}
