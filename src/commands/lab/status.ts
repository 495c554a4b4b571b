import {PpCommand} from '../../lib/command.ts'
import {labFlag} from '../../lib/lab/flags.ts'

export default class LabStatus extends PpCommand {
  static override summary = 'Show the hosts of a lab, where its page is, and what is broken on purpose.'
  static override examples = ['<%= config.bin %> lab status', '<%= config.bin %> lab status --json']
  static override flags = {lab: labFlag}

  async run(): Promise<unknown> {
    const {flags} = await this.parse(LabStatus)
    const [{labStatus}, {statusText}] = await Promise.all([
      import('../../lib/lab/status.ts'),
      import('../../lib/lab/show.ts'),
    ])
    const status = await labStatus(flags.lab)
    this.log(statusText(status))
    return status
  }
}
