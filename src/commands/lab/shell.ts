import {string as stringArgument} from '@oclif/core/args'

import {PpCommand} from '../../lib/command.ts'
import {labFlag} from '../../lib/lab/flags.ts'

export default class LabShell extends PpCommand {
  static override summary = 'Open a root shell in a host of a lab, or run one program there.'
  static override description = `Goes through the namespaces of the host and not through its network, so it works while its link is cut. The exit status
is that of the program.`
  static override examples = [
    '<%= config.bin %> lab shell db1',
    '<%= config.bin %> lab shell db1 -- systemctl --failed',
  ]
  static override enableJsonFlag = false
  static override strict = false
  static override args = {host: stringArgument({required: true, description: 'Host of the lab.'})}
  static override flags = {lab: labFlag}

  async run(): Promise<void> {
    const {args, argv, flags} = await this.parse(LabShell)
    const {shellInside} = await import('../../lib/lab/shell.ts')
    const dashes = this.argv.indexOf('--')
    // oclif takes the last -- away and keeps the first: a program's own -- would be lost.
    const program = dashes === -1 ? argv.slice(1).map(String) : this.argv.slice(dashes + 1)
    process.exitCode = await shellInside(flags.lab, args.host, program)
  }
}
