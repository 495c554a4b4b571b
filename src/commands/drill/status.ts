import {PpCommand} from '../../lib/command.ts'

export default class DrillStatus extends PpCommand {
  static override summary =
    'Show drills that run or were interrupted, the stop levers, and how each drill ended last.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json',
  ]

  async run(): Promise<unknown> {
    await this.parse(DrillStatus)
    const fleet = await this.liveFleet()
    const [{drillStatus}, {showDrillStatus}] = await Promise.all([
      import('../../lib/drill/status.ts'),
      import('../../lib/drill/show/status.ts'),
    ])
    const status = await drillStatus(fleet)
    return this.say(false, showDrillStatus(fleet, status), status)
  }
}
