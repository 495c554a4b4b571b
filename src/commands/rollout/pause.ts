import type {Fleet} from '../../lib/fleet/types.ts'
import type {RolloutFacts} from '../../lib/rollout/facts.ts'
import {RolloutStateCommand} from '../../lib/rollout-state-command.ts'

export default class RolloutPause extends RolloutStateCommand {
  static override summary = 'Keep a rollout from going on: Pods stay as they are, old and new.'
  static override description =
    'Sets spec.paused of the Deployment in every cluster of the service. Nothing new is started until pp rollout resume; pp deploy refuses meanwhile.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> auth',
    '<%= config.bin %> <%= command.id %> auth --site aws',
  ]

  protected override async state(
    fleet: Fleet,
    about: {readonly name: string; readonly site: string | undefined},
  ): Promise<readonly RolloutFacts[]> {
    const {setPaused} = await import('../../lib/rollout/pause.ts')
    return setPaused(fleet, about, true)
  }
}
