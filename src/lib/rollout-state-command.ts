import {string} from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'

import {PpCommand} from './command.ts'
import type {Fleet} from './fleet/types.ts'
import type {RolloutFacts} from './rollout/facts.ts'

interface Asked {
  readonly fleet: Fleet
  readonly service: string
  readonly site: string | undefined
}

/** `pp rollout …`: what all of them ask for. */
abstract class OnRolloutCommand extends PpCommand {
  static override args = {service: string({description: 'Service of the fleet file.', required: true})}
  static override flags = {
    site: Flags.string({description: 'Only its clusters on this site.', helpValue: 'NAME'}),
  }

  protected async asked(): Promise<Asked> {
    const {
      args: {service},
      flags: {site},
    } = await this.parse(this.constructor as typeof OnRolloutCommand)
    const fleet = await this.liveFleet()
    const {assertLabCluster} = await import('./fleet/lab-state.ts')
    assertLabCluster(fleet)
    return {fleet, service, site}
  }
}

/** Looks at the rollout of a service; a cluster that does not answer is told, and costs the others nothing. */
export abstract class RolloutStateCommand extends OnRolloutCommand {
  async run(): Promise<unknown> {
    const {fleet, service, site} = await this.asked()
    const {lookAtRollout} = await import('./rollout/look.ts')
    const looks = await lookAtRollout(fleet, service, site)
    const clusters = looks.flatMap((look) => (look.kind === 'seen' ? [look.seen] : []))
    const silent = looks.flatMap((look) =>
      look.kind === 'silent'
        ? [{cluster: look.cluster.name, site: look.cluster.site, message: look.error.message}]
        : [],
    )
    const lines = [
      await this.show(clusters),
      ...silent.map(({cluster, message}) => `${cluster}  ? ${message}`),
    ]
    return this.say(false, lines.join('\n'), {service, clusters, silent})
  }

  protected abstract show(clusters: readonly RolloutFacts[]): Promise<string>
}

/** Pauses the rollout of a service, or lets it go on. */
export abstract class RolloutPauseCommand extends OnRolloutCommand {
  protected abstract readonly isPaused: boolean

  async run(): Promise<unknown> {
    const {fleet, service: name, site} = await this.asked()
    const [{setPaused}, {showPause}] = await Promise.all([
      import('./rollout/pause.ts'),
      import('./rollout/show.ts'),
    ])
    const report = await setPaused(fleet, {name, site}, this.isPaused)
    this.endWith(report.outcome)
    return this.say(false, showPause(report), report)
  }
}
