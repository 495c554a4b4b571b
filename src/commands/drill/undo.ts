import {DrillContinueCommand} from '../../lib/drill-command.ts'

export default class DrillUndo extends DrillContinueCommand {
  static override summary = 'Put right what an interrupted drill has broken.'
  static override description =
    'Finishes an operation that was begun, lifts every fault with its proof, and reports. Run it as often as needed: what is lifted stays so.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> dr-20261126T091205 --yes',
  ]
  // oclif looks only at the class itself.
  static override args = DrillContinueCommand.args
  static override flags = DrillContinueCommand.flags

  override readonly direction = 'back' as const
}
