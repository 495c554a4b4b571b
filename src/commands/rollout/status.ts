import type {RolloutFacts} from '../../lib/rollout/facts.ts'
import {RolloutStateCommand} from '../../lib/rollout-state-command.ts'

export default class RolloutStatus extends RolloutStateCommand {
  static override summary = 'Show where the rollout of a service stands in each cluster.'
  static override description =
    'Which version, how many Pods are ready, whether it is paused or does not come on, and a canary where there is one.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> auth',
    '<%= config.bin %> <%= command.id %> auth --json',
  ]

  protected override async show(clusters: readonly RolloutFacts[]): Promise<string> {
    const {showStatus} = await import('../../lib/rollout/show.ts')
    return showStatus(clusters)
  }
}
