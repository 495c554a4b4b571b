import {string} from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import {setTimeout as sleep} from 'node:timers/promises'

import {PpCommand} from '../lib/command.ts'

export default class Top extends PpCommand {
  static override summary = 'Show what the services take: CPU, memory, restarts and queue, by site.'
  static override description =
    'CPU and memory are what metrics-server measured last, of what the Pods ask for; the queue is what a Pod of the service says of it. At a terminal it looks again every 2 s until interrupted. A cluster that does not answer within 3 s is shown as such, and the others still are.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> render --site aws',
    '<%= config.bin %> <%= command.id %> --once',
    '<%= config.bin %> <%= command.id %> --json',
  ]
  static override args = {service: string({description: 'Only this one.'})}
  static override flags = {
    site: Flags.string({description: 'Only clusters on this site.', helpValue: 'NAME'}),
    once: Flags.boolean({description: 'Look once, also at a terminal.'}),
  }

  async run(): Promise<unknown> {
    const {args, flags} = await this.parse(Top)
    const fleet = await this.liveFleet()
    const [{assertLabCluster}, {findServices}, {clustersOnSite}, {lookAtLoad}, {showLoad}] =
      await Promise.all([
        import('../lib/fleet/lab-state.ts'),
        import('../lib/fleet/lookup.ts'),
        import('../lib/workload/clusters.ts'),
        import('../lib/workload/top/observe.ts'),
        import('../lib/workload/top/show.ts'),
      ])
    assertLabCluster(fleet)
    const services = findServices(fleet, args.service)
    const asked = clustersOnSite(fleet, services, flags.site)
    const isLive = process.stdout.isTTY && !flags.once && !this.jsonEnabled()
    for (;;) {
      const clusters = await lookAtLoad(asked, services)
      if (!this.jsonEnabled()) {
        const columns = process.stdout.isTTY ? process.stdout.columns : Infinity
        const head = isLive
          ? `\u001B[H\u001B[2J${fleet.name} · ${fleet.environment}  ${new Date().toTimeString().slice(0, 8)}\n\n`
          : ''
        process.stdout.write(`${head}${showLoad(clusters, new Date(), columns)}\n`)
      }
      if (!isLive) return {fleet: fleet.name, environment: fleet.environment, clusters}
      await sleep(2000)
    }
  }
}
