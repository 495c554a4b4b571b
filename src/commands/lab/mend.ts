import {string as stringArgument} from '@oclif/core/args'
import {boolean} from '@oclif/core/flags'

import {PpCommand} from '../../lib/command.ts'
import {usageError} from '../../lib/errors.ts'
import {labFlag} from '../../lib/lab/flags.ts'

export default class LabMend extends PpCommand {
  static override summary = 'Undo what was broken in a lab, and prove that it is gone.'
  static override examples = [
    '<%= config.bin %> lab mend db1',
    '<%= config.bin %> lab mend link',
    '<%= config.bin %> lab mend --all',
  ]
  static override args = {host: stringArgument({description: 'Host of the lab, link, or a node group.'})}
  static override flags = {lab: labFlag, all: boolean({default: false, description: 'All that is broken.'})}

  async run(): Promise<unknown> {
    const {args, flags} = await this.parse(LabMend)
    if ((args.host === undefined) !== flags.all) throw chooseOne()
    const [{mendHosts}, {describeFault}, {brokenPart, describeSiteFault}] = await Promise.all([
      import('../../lib/lab/break.ts'),
      import('../../lib/fault/faults.ts'),
      import('../../lib/lab/site-faults.ts'),
    ])
    const mended = await mendHosts(flags.lab, args.host)
    const lines = mended.map(({fault, proof}) =>
      'host' in fault
        ? `${fault.host} is no longer ${describeFault(fault)}: ${proof.measured}`
        : `${brokenPart(fault)} is no longer ${describeSiteFault(fault)}: ${proof.measured}`,
    )
    this.log(lines.length > 0 ? lines.join('\n') : 'Nothing was broken.')
    return {outcome: 'done', exitCode: 0, lab: flags.lab, mended}
  }
}

const chooseOne = (): Error =>
  usageError('USAGE', {
    message: 'Name one host, link or a node group, or mend all with --all.',
    hint: 'pp lab mend --all',
  })
