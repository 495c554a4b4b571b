import {string as stringArgument} from '@oclif/core/args'
import {boolean, integer, string} from '@oclif/core/flags'

import {PpCommand} from '../../lib/command.ts'
import {usageError} from '../../lib/errors.ts'
import type {FaultRecord} from '../../lib/fault/types.ts'
import {labFlag} from '../../lib/lab/flags.ts'

const kindOf = {
  'power-off': 'power-off',
  freeze: 'freeze',
  cut: 'cut',
  'disk-full': 'disk-full',
  kill: 'kill',
  'hang-archiver': 'hang-archiver',
  slow: 'slow',
  lie: 'switch-lies',
  hang: 'switch-hangs',
} as const
type Flag = keyof typeof kindOf

export default class LabBreak extends PpCommand {
  static override summary = 'Break a host of a lab, prove it, and remember the way back.'
  static override description = `A powered-off host is silent: nothing closes its connections. A frozen one still acknowledges, but no process runs. A cut
drops established connections too. Several faults may be in force at once.`
  static override examples = [
    '<%= config.bin %> lab break db1 --power-off',
    '<%= config.bin %> lab break db1 --cut --from operator,edge1 --one-way',
    '<%= config.bin %> lab break edge2 --kill pgbouncer',
    '<%= config.bin %> lab break db1 --slow 50',
  ]
  static override args = {host: stringArgument({required: true, description: 'Host of the lab.'})}
  static override flags = {
    lab: labFlag,
    'power-off': boolean({description: 'Pull the plug.'}),
    freeze: boolean({description: 'Stop every process where it stands.'}),
    cut: boolean({description: 'Drop what it sends and what is sent to it.'}),
    from: string({
      multiple: true,
      delimiter: ',',
      dependsOn: ['cut'],
      helpValue: 'HOST',
      description: 'Only between it and these; operator is the machine that pp runs on. All when left out.',
    }),
    'one-way': boolean({default: false, description: 'It still hears, but is not heard.'}),
    'disk-full': boolean({description: 'Leave no room on the disk of its database.'}),
    'hang-archiver': boolean({description: 'archive_command begins and does not end.'}),
    slow: integer({
      min: 1,
      max: 60_000,
      helpValue: 'MS',
      description: 'PostgreSQL is that much later for all others, each way.',
    }),
    lie: boolean({description: 'Its power switch says off and does nothing.'}),
    hang: boolean({description: 'Its power switch does not answer.'}),
    kill: string({
      helpValue: 'PROCESS',
      description: 'Kill all processes of this name, as postgres or pgbouncer.',
    }),
  }

  async run(): Promise<unknown> {
    const {args, flags} = await this.parse(LabBreak)
    const asked = Object.entries(kindOf).filter(
      ([flag]) => flags[flag as Flag] !== undefined && flags[flag as Flag] !== false,
    )
    const kind = asked[0]?.[1]
    // A default counts as given, so dependsOn would ask for --cut always.
    if (flags['one-way'] && !flags.cut) throw onlyCuts(args.host)
    if (kind === undefined || asked.length > 1) throw chooseOne(args.host)
    const fault: FaultRecord = {
      kind,
      host: args.host,
      from: flags.from ?? [],
      oneWay: flags['one-way'],
      process: flags.kill ?? null,
      units: [],
      delayMs: flags.slow ?? null,
    }
    const [{breakHost}, {describeFault}] = await Promise.all([
      import('../../lib/lab/break.ts'),
      import('../../lib/fault/faults.ts'),
    ])
    const result = await breakHost(flags.lab, fault)
    this.log(
      `${args.host} is ${describeFault(result.fault)}: ${result.proof.measured}\nundo: pp lab mend ${args.host}`,
    )
    return {outcome: 'done', exitCode: 0, lab: flags.lab, ...result}
  }
}

const chooseOne = (host: string): Error =>
  usageError('USAGE', {
    message: `One of ${Object.keys(kindOf)
      .map((flag) => `--${flag}`)
      .join(', ')} says what to break.`,
    hint: `pp lab break ${host} --power-off`,
  })

const onlyCuts = (host: string): Error =>
  usageError('USAGE', {
    message: '--one-way says how to cut; it needs --cut.',
    hint: `pp lab break ${host} --cut --one-way`,
  })
