import {RolloutPauseCommand} from '../../lib/rollout-state-command.ts'

export default class RolloutResume extends RolloutPauseCommand {
  static override summary = 'Let a rollout that was paused go on.'
  static override description =
    'Takes spec.paused back in every cluster of the service, and says of each what came of it. A pp deploy that was interrupted, or whose canary could not be judged, goes on with pp op resume; where nothing is paused, this names the operation and exits 6.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> auth',
    '<%= config.bin %> <%= command.id %> auth --site aws',
  ]

  protected override readonly isPaused = false
}
