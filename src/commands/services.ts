import {string} from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import {setTimeout as sleep} from 'node:timers/promises'

import {PpCommand} from '../lib/command.ts'

export default class Services extends PpCommand {
  static override summary =
    'List the services: what runs and whether it is ready, by site; of instances also the queue and errors.'
  static override description =
    'Asks every instance that the fleet file names, and every cluster that the services run in; what does not answer within 2 s is shown as such. Instances on loopback that are not started are left out where the service runs in a cluster. Errors are answers with a status of 500 and more, since the instances started. Of a cluster it tells Pods that are ready, and the image; pp top has its queue.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> render --watch',
    '<%= config.bin %> <%= command.id %> --check --json',
  ]
  static override args = {service: string({description: 'Only this one.'})}
  static override flags = {
    watch: Flags.boolean({description: 'Look again every 2 s until interrupted.', exclusive: ['json']}),
    check: Flags.boolean({description: 'Exit 13 when an instance or a Pod is not ready.'}),
  }

  async run(): Promise<unknown> {
    const {args, flags} = await this.parse(Services)
    const fleet = await this.fleet()
    const [{findServices}, {clustersThere}, {lookAtServices}, {showServices}, {isMissed}] = await Promise.all(
      [
        import('../lib/fleet/lookup.ts'),
        import('../lib/fleet/lab-state.ts'),
        import('../lib/workload/look.ts'),
        import('../lib/workload/show-services.ts'),
        import('../lib/workload/elsewhere.ts'),
      ],
    )
    const asked = findServices(fleet, args.service)
    const named = clustersThere(fleet).filter(({name}) => asked.some(({clusters}) => clusters.includes(name)))
    // What asks clusters is not loaded where there are none.
    const glance =
      named.length > 0 ? (await import('../lib/workload/glance/observe.ts')).glanceAtClusters : undefined
    for (;;) {
      const [services, clusters] = await Promise.all([
        lookAtServices(asked),
        glance ? glance({clusters: named}, asked) : [],
      ])
      if (flags.check && isMissed(services, clusters)) this.endWith('human')
      if (!this.jsonEnabled()) {
        if (flags.watch && process.stdout.isTTY) process.stdout.write('\u001B[H\u001B[2J')
        process.stdout.write(
          `${showServices(services, clusters, process.stdout.isTTY ? process.stdout.columns : Infinity)}\n`,
        )
      }
      if (!flags.watch)
        return {schemaVersion: 1, fleet: fleet.name, environment: fleet.environment, services, clusters}
      await sleep(2000)
    }
  }
}
