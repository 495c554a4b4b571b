import {DrillContinueCommand} from '../../lib/drill-command.ts'

export default class DrillResume extends DrillContinueCommand {
  static override summary = 'Go on with an interrupted drill.'
  static override description =
    'What was done is not done again; an outage that was longer for it is measured as long as it was.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> dr-20261126T091205 --yes',
  ]
  // oclif looks only at the class itself.
  static override args = DrillContinueCommand.args
  static override flags = DrillContinueCommand.flags

  override readonly direction = 'forward' as const
}
