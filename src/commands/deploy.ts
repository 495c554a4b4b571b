import {string} from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'

import {durationFlag} from '../lib/flags.ts'
import {RolloutCommand, applyFlag, rolloutFlags} from '../lib/rollout-command.ts'

export default class Deploy extends RolloutCommand {
  static override summary = 'Bring a version of a service to its clusters, one site after the other.'
  static override description = `Plays the migrations of the new image first (services.NAME.migrate in the fleet file; forwards only), then replaces the Pods as the strategy of the Deployment says, and waits until every one of them is ready. What cannot become ready is taken back by itself, and the last line says why. With maxUnavailable: 0 no capacity is lost; with any other strategy the plan says how many Pods are missing meanwhile.

With --canary the new version answers a part of the requests first, and what it answers is compared with what the running version answers meanwhile: worse is taken back, too little to tell leaves it standing for you to decide. The part is exact where an Ingress leads to the service and its controller can be told a weight; elsewhere it follows from the numbers of Pods. The plan says which, and why.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> auth --image 1.5.0',
    '<%= config.bin %> <%= command.id %> auth --image 1.5.0 --canary 10%',
    '<%= config.bin %> <%= command.id %> auth --image 1.5.0 --site aws --plan',
    '<%= config.bin %> <%= command.id %> auth --image 1.5.0 --plan --out auth.plan',
    '<%= config.bin %> <%= command.id %> auth --apply auth.plan --yes',
    '<%= config.bin %> <%= command.id %> auth',
  ]
  static override args = {service: string({description: 'Service of the fleet file.', required: true})}
  static override flags = {
    image: Flags.string({
      description: 'Tag or digest of its image, or another image; what its first cluster runs when left out.',
      helpValue: 'TAG',
    }),
    canary: Flags.string({
      description: 'So much of its requests to the new version first: 10%.',
      helpValue: 'PERCENT',
    }),
    'canary-for': durationFlag({
      description: 'How long the canary is compared before it is judged.',
      default: 60,
      defaultHelp: () => Promise.resolve('1m'),
    }),
    ...rolloutFlags,
    apply: applyFlag('image', 'canary', 'canary-for'),
  }

  async run(): Promise<unknown> {
    const {args, flags} = await this.parse(Deploy)
    const {canaryOf} = await import('../lib/rollout/request.ts')
    const {image, site, 'wait-timeout': patienceSeconds} = flags
    const canary = canaryOf(flags.canary, flags['canary-for'])
    return this.carryOut(args.service, {operation: 'deploy', image, canary, site, patienceSeconds}, flags)
  }
}
