import {string as stringArgument} from '@oclif/core/args'

import {PpCommand} from '../../lib/command.ts'

export default class ConfigExplain extends PpCommand {
  static override summary = 'Show every setting in force and where its value comes from.'
  static override examples = [
    '<%= config.bin %> config explain',
    '<%= config.bin %> config explain timings --env production',
  ]
  static override args = {
    path: stringArgument({
      description: 'Only settings that begin with this, such as timings or databases.main.',
    }),
  }

  async run(): Promise<unknown> {
    const {args, flags} = await this.parse(ConfigExplain)
    const {explainSettings} = await import('../../lib/fleet/explain.ts')
    const {table} = await import('../../lib/output/table.ts')
    const explained = explainSettings({file: flags.fleet, environment: flags.env}, args.path)
    this.log(`${explained.file} (${explained.because})\n`)
    this.log(table(explained.settings.map(({key, value, source}) => [key, JSON.stringify(value), source])))
    return explained
  }
}
