import {ContinueCommand} from '../../lib/continue-command.ts'

export default class OpAbort extends ContinueCommand {
  static override summary = 'Take an interrupted operation back, while that is still possible.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> 0F3K8W2QX7 --yes',
  ]

  override readonly direction = 'back' as const
}
