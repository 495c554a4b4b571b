import {ContinueCommand} from '../../lib/continue-command.ts'

export default class OpResume extends ContinueCommand {
  static override summary = 'Finish an interrupted operation.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> 0F3K8W2QX7 --yes',
  ]

  override readonly direction = 'forward' as const
}
