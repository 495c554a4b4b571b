import {string} from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'

import {PpCommand} from './command.ts'
import type {Fleet} from './fleet/types.ts'
import type {RolloutFacts} from './rollout/facts.ts'

/** `pp rollout …`: looks at the rollout of a service, or changes it at once, and shows what is there then. */
export abstract class RolloutStateCommand extends PpCommand {
  static override args = {service: string({description: 'Service of the fleet file.', required: true})}
  static override flags = {
    site: Flags.string({description: 'Only its clusters on this site.', helpValue: 'NAME'}),
  }

  async run(): Promise<unknown> {
    const command = this.constructor as typeof RolloutStateCommand
    const {
      args: {service},
      flags: {site},
    } = await this.parse(command)
    const fleet = await this.liveFleet()
    const {assertLabCluster} = await import('./fleet/lab-state.ts')
    assertLabCluster(fleet)
    const clusters = await this.state(fleet, {name: service, site})
    return this.say(false, await this.show(clusters), {service, clusters})
  }

  protected async state(
    fleet: Fleet,
    {name, site}: {readonly name: string; readonly site: string | undefined},
  ): Promise<readonly RolloutFacts[]> {
    const {lookAtRollout} = await import('./rollout/look.ts')
    return lookAtRollout(fleet, name, site)
  }

  protected async show(clusters: readonly RolloutFacts[]): Promise<string> {
    const {showStatus} = await import('./rollout/show.ts')
    return showStatus(clusters)
  }
}
