import {PpCommand} from '../../lib/command.ts'
import {labFlag} from '../../lib/lab/flags.ts'

export default class LabDown extends PpCommand {
  static override summary = 'Remove a lab with its disks; nothing of it is left on this machine.'
  static override description = `Also removes what a lab left that was killed half made or whose machine has crashed. The root file system that all labs
share stays in the cache.`
  static override examples = ['<%= config.bin %> lab down', 'PP_LAB=try1 <%= config.bin %> lab down']
  static override flags = {lab: labFlag}

  async run(): Promise<unknown> {
    const {flags} = await this.parse(LabDown)
    const {labDown} = await import('../../lib/lab/down.ts')
    const removed = await labDown(flags.lab)
    this.log(removed ? `Lab ${flags.lab} is gone.` : `There was no lab ${flags.lab}.`)
    return {outcome: 'done', exitCode: 0, lab: flags.lab, removed}
  }
}
