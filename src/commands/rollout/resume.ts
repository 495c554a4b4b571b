import type {Fleet} from '../../lib/fleet/types.ts'
import type {RolloutFacts} from '../../lib/rollout/facts.ts'
import {RolloutStateCommand} from '../../lib/rollout-state-command.ts'

export default class RolloutResume extends RolloutStateCommand {
  static override summary = 'Let a rollout that was paused go on.'
  static override description =
    'Takes spec.paused back in every cluster of the service. To go on with an interrupted pp deploy: pp op resume.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> auth',
    '<%= config.bin %> <%= command.id %> auth --site aws',
  ]

  protected override async state(
    fleet: Fleet,
    about: {readonly name: string; readonly site: string | undefined},
  ): Promise<readonly RolloutFacts[]> {
    const {setPaused} = await import('../../lib/rollout/pause.ts')
    return setPaused(fleet, about, false)
  }
}
