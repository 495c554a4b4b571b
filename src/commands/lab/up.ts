import {string as stringArgument} from '@oclif/core/args'
import {boolean, integer} from '@oclif/core/flags'

import {PpCommand} from '../../lib/command.ts'
import {labFlag} from '../../lib/lab/flags.ts'
import {profiles} from '../../lib/lab/hosts.ts'
import {signalExitCodes} from '../../lib/outcome.ts'

export default class LabUp extends PpCommand {
  static override summary = 'Make or boot a small fleet of real hosts on this machine.'
  static override description = `Each host has a kernel namespace of every kind, systemd as its first process, sshd, and a disk that it keeps over a
power-off. The same playbooks as for a real rack set up PostgreSQL and PgBouncer, or Kubernetes, on them. Needs root on
Linux. Giving the command again completes or boots what is there, and changes nothing where all is well.`
  static override examples = [
    '<%= config.bin %> lab up',
    'PP_LAB=try1 <%= config.bin %> lab up --asynchronous',
  ]
  static override args = {
    profile: stringArgument({
      options: [...profiles],
      description: `What to play: database is a primary, two standbys, two pooler hosts and a client; rack is a Kubernetes control plane
with two nodes; cluster is that and a second cluster on AWS, whose nodes come from node groups; full is all of it, with the
bundled services running in both. What the lab has when left out, database for a new one.`,
    }),
  }
  static override flags = {
    lab: labFlag,
    synchronous: boolean({
      description: 'Every commit waits for one standby; a new lab is made so when neither is given.',
      exclusive: ['asynchronous'],
    }),
    asynchronous: boolean({description: 'Commits wait for no standby.', exclusive: ['synchronous']}),
    'real-nodes': integer({
      min: 1,
      helpValue: 'NUMBER',
      description:
        'How many instances of node groups are hosts; further ones are nodes that KWOK plays, whose Pods only seem to run. 6 in a new lab.',
    }),
  }

  async run(): Promise<unknown> {
    const {args, flags} = await this.parse(LabUp)
    const profile = profiles.find((known) => known === args.profile)
    const synchronous = flags.synchronous ? true : flags.asynchronous ? false : undefined
    const [{labUp}, {createProgress}, {afterUp}] = await Promise.all([
      import('../../lib/lab/up.ts'),
      import('../../lib/output/progress.ts'),
      import('../../lib/lab/show.ts'),
    ])
    const progress = createProgress()
    const stop = new AbortController()
    const interrupted = (signal: 'SIGINT' | 'SIGTERM'): void => {
      process.exitCode = signalExitCodes[signal]
      stop.abort(new Error(`stopped by ${signal}; what is made stays, pp lab up goes on from there`))
    }
    process.once('SIGINT', interrupted).once('SIGTERM', interrupted)
    try {
      const {record, ...result} = await labUp(flags.lab, {
        progress,
        profile,
        synchronous,
        realNodes: flags['real-nodes'],
        signal: stop.signal,
      })
      await progress.end()
      this.log(afterUp(result, record))
      return {outcome: 'done', exitCode: 0, ...result}
    } catch (error) {
      await progress.end()
      if (!stop.signal.aborted) throw error
      const reason: unknown = stop.signal.reason
      process.stderr.write(`${reason instanceof Error ? reason.message : 'stopped'}\n`)
      return {outcome: 'undone', exitCode: process.exitCode}
    } finally {
      process.off('SIGINT', interrupted).off('SIGTERM', interrupted)
    }
  }
}
