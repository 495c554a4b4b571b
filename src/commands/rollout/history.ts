import type {RolloutFacts} from '../../lib/rollout/facts.ts'
import {RolloutStateCommand} from '../../lib/rollout-state-command.ts'

export default class RolloutHistory extends RolloutStateCommand {
  static override summary = 'Show which revisions of a service its clusters keep.'
  static override description =
    'What pp rollback can go back to: the version of each, when it was made and by what. The one with * runs.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> auth',
    '<%= config.bin %> <%= command.id %> auth --json',
  ]

  protected override async show(clusters: readonly RolloutFacts[]): Promise<string> {
    const {showHistory} = await import('../../lib/rollout/show.ts')
    return showHistory(clusters)
  }
}
