import {string as stringArgument} from '@oclif/core/args'

import {PpCommand} from '../../lib/command.ts'
import {labFlag} from '../../lib/lab/flags.ts'

export default class LabPower extends PpCommand {
  static override summary = 'Switch a host of a lab on or off, as its power controller does.'
  static override description = `Prints on or off, and exits 0 once that is so. bin/lab-bmc is the same as a program of its own, for the fence methods of
a fleet file.`
  static override examples = ['<%= config.bin %> lab power db1 status', '<%= config.bin %> lab power db1 off']
  static override args = {
    host: stringArgument({required: true, description: 'Host of the lab.'}),
    action: stringArgument({required: true, options: ['on', 'off', 'status'], description: 'What to do.'}),
  }
  static override flags = {lab: labFlag}

  async run(): Promise<unknown> {
    const {args, flags} = await this.parse(LabPower)
    const {powerOff, powerOn, powerStatus} = await import('../../lib/lab/index.ts')
    if (args.action === 'on') await powerOn(flags.lab, args.host)
    if (args.action === 'off') await powerOff(flags.lab, args.host)
    const power = await powerStatus(flags.lab, args.host)
    this.log(power)
    return {outcome: 'done', exitCode: 0, lab: flags.lab, host: args.host, power}
  }
}
