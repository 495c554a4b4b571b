import {string} from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'

import {PpCommand} from '../lib/command.ts'
import {durationFlag} from '../lib/flags.ts'

export default class Logs extends PpCommand {
  static override summary = 'Show what the Pods of a service wrote, over all sites, in the order of time.'
  static override description = `Merges the logs of all Pods in all clusters of the service by the times that the nodes gave the lines. Each has its time, its site and its Pod in front. With --follow it goes on with what is written from now on, also by Pods that come meanwhile, until interrupted. What cannot be read is said on stderr, the rest is still shown, and the exit code is 11.

With --json each line is a document of its own, as soon as it is there.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> render',
    '<%= config.bin %> <%= command.id %> render --since 1h --grep "status\\D+5\\d\\d"',
    '<%= config.bin %> <%= command.id %> render --follow --site aws',
    '<%= config.bin %> <%= command.id %> render --previous',
  ]
  static override args = {service: string({description: 'Service of the fleet file.', required: true})}
  static override flags = {
    site: Flags.string({description: 'Only its clusters on this site.', helpValue: 'NAME'}),
    since: durationFlag({description: 'How far back: 10m when left out, with --previous all of it.'}),
    grep: Flags.string({
      description: 'Only lines that this regular expression matches.',
      helpValue: 'PATTERN',
    }),
    follow: Flags.boolean({char: 'f', description: 'Go on with what is written from now on.'}),
    previous: Flags.boolean({
      description: 'Of the run before this one, of containers that were started again.',
      exclusive: ['follow'],
    }),
  }

  async run(): Promise<undefined> {
    const {args, flags} = await this.parse(Logs)
    const fleet = await this.liveFleet()
    const [
      {assertLabCluster},
      {findService},
      {clustersOf},
      {readLogs},
      {logLineJson, showLogLine},
      {patternOf},
    ] = await Promise.all([
      import('../lib/fleet/lab-state.ts'),
      import('../lib/fleet/lookup.ts'),
      import('../lib/workload/clusters.ts'),
      import('../lib/workload/logs/read.ts'),
      import('../lib/workload/logs/show.ts'),
      import('../lib/workload/logs/pattern.ts'),
    ])
    const {writeOut} = await import('../lib/output/write-out.ts')
    const pattern = patternOf(flags.grep)
    assertLabCluster(fleet)
    const service = findService(fleet, args.service)
    const stop = new AbortController()
    const lines = readLogs(clustersOf(fleet, service, flags.site), {
      deployment: service.deployment,
      sinceSeconds: flags.since ?? (flags.previous ? undefined : 600),
      isPrevious: flags.previous,
      isFollowed: flags.follow,
      signal: stop.signal,
      onProblem: (problem) => {
        this.endWith('degraded')
        process.stderr.write(`! ${problem}\n`)
      },
    })
    const show = this.jsonEnabled() ? logLineJson : showLogLine
    for await (const line of lines) {
      if (pattern && !pattern.test(line.text)) continue
      if (await writeOut(`${show(line)}\n`)) continue
      stop.abort()
      break
    }
  }

  // Each line was one.
  override logJson(json: unknown): void {
    if (json !== undefined) super.logJson(json)
  }
}
