import {string} from '@oclif/core/args'

import {PpCommand} from '../lib/command.ts'
import {completionScripts, shells} from '../lib/completion/scripts.ts'

export default class Completion extends PpCommand {
  static override summary = 'Print what makes a shell complete commands, flags and names at Tab.'
  static override description = `Names are those of the fleet file, its inventory, and what pp keeps on this machine: services, sites, environments,
databases, hosts, drills and their runs, operations, labs. Nothing is asked of any host.

In ~/.bashrc: source <(pp completion bash). In ~/.zshrc, behind compinit: source <(pp completion zsh). For fish:
pp completion fish > ~/.config/fish/completions/pp.fish`
  static override examples = [
    'source <(<%= config.bin %> <%= command.id %> bash)',
    '<%= config.bin %> <%= command.id %> fish > ~/.config/fish/completions/pp.fish',
  ]
  static override args = {
    shell: string({description: 'Which shell.', options: [...shells], required: true}),
  }

  async run(): Promise<unknown> {
    const {args} = await this.parse(Completion)
    const shell = shells.find((one) => one === args.shell) ?? 'bash'
    const script = completionScripts[shell]
    process.stdout.write(this.jsonEnabled() ? '' : script)
    return {outcome: 'done', exitCode: 0, shell, script}
  }
}
