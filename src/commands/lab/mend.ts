import {string as stringArgument} from '@oclif/core/args'
import {boolean} from '@oclif/core/flags'

import {PpCommand} from '../../lib/command.ts'
import {usageError} from '../../lib/errors.ts'
import {labFlag} from '../../lib/lab/flags.ts'

export default class LabMend extends PpCommand {
  static override summary = 'Undo what was broken on a host of a lab, and prove that it is gone.'
  static override examples = ['<%= config.bin %> lab mend db1', '<%= config.bin %> lab mend --all']
  static override args = {host: stringArgument({description: 'Host of the lab.'})}
  static override flags = {lab: labFlag, all: boolean({default: false, description: 'Every host.'})}

  async run(): Promise<unknown> {
    const {args, flags} = await this.parse(LabMend)
    if ((args.host === undefined) !== flags.all) throw chooseOne()
    const [{mendHosts}, {describeFault}] = await Promise.all([
      import('../../lib/lab/break.ts'),
      import('../../lib/fault/faults.ts'),
    ])
    const mended = await mendHosts(flags.lab, args.host)
    const lines = mended.map(
      ({fault, proof}) => `${fault.host} is no longer ${describeFault(fault)}: ${proof.measured}`,
    )
    this.log(lines.length > 0 ? lines.join('\n') : 'Nothing was broken.')
    return {outcome: 'done', exitCode: 0, lab: flags.lab, mended}
  }
}

const chooseOne = (): Error =>
  usageError('USAGE', {message: 'Name one host, or mend them all with --all.', hint: 'pp lab mend --all'})
