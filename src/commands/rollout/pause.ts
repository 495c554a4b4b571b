import {RolloutPauseCommand} from '../../lib/rollout-state-command.ts'

export default class RolloutPause extends RolloutPauseCommand {
  static override summary = 'Keep a rollout from going on: Pods stay as they are, old and new.'
  static override description =
    'Sets spec.paused of the Deployment in every cluster of the service, and says of each what came of it; nothing is changed while one of them is silent. Nothing new is started until pp rollout resume; pp deploy refuses meanwhile. A pp deploy that runs is stopped where it runs: Ctrl-C puts everything back, Ctrl-C twice leaves it as it is; then its Deployment can be paused.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> auth',
    '<%= config.bin %> <%= command.id %> auth --site aws',
  ]

  protected override readonly isPaused = true
}
