import {string as stringArgument} from '@oclif/core/args'
import {boolean, integer, string} from '@oclif/core/flags'

import {PpCommand} from '../../lib/command.ts'
import {usageError} from '../../lib/errors.ts'
import type {FaultRecord} from '../../lib/fault/types.ts'
import {labFlag} from '../../lib/lab/flags.ts'
import type {SiteFault} from '../../lib/lab/state.ts'

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
  static override summary = 'Break a host of a lab, the link between its sites or a node group, and prove it.'
  static override description = `A powered-off host is silent: nothing closes its connections. A frozen one still acknowledges, but no process runs. A cut
drops established connections too. Several faults may be in force at once. The link between the sites is cut, which its
routers tell whoever asks, or a blackhole, which tells nobody. All of it can be undone: pp lab mend.`
  static override examples = [
    '<%= config.bin %> lab break db1 --power-off',
    '<%= config.bin %> lab break db1 --cut --from operator,edge1 --one-way',
    '<%= config.bin %> lab break edge2 --kill pgbouncer',
    '<%= config.bin %> lab break db1 --slow 50',
    '<%= config.bin %> lab break link --blackhole --one-way',
    '<%= config.bin %> lab break services --no-capacity --zone us-east-1a',
  ]
  static override args = {
    host: stringArgument({
      required: true,
      description: 'Host of the lab; link for what joins its sites; or a node group.',
    }),
  }
  static override flags = {
    lab: labFlag,
    'power-off': boolean({description: 'Pull the plug.'}),
    freeze: boolean({description: 'Stop every process where it stands.'}),
    cut: boolean({description: 'Drop what it sends and what is sent to it; of the link, pull the plug.'}),
    blackhole: boolean({description: 'The link takes all and delivers nothing.'}),
    from: string({
      multiple: true,
      delimiter: ',',
      dependsOn: ['cut'],
      helpValue: 'HOST',
      description: 'Only between it and these; operator is the machine that pp runs on. All when left out.',
    }),
    'one-way': boolean({
      default: false,
      description: 'It still hears, but is not heard; a blackhole loses what the rack sends.',
    }),
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
    'no-capacity': boolean({description: 'AWS has no more instances for the node group.'}),
    zone: string({
      multiple: true,
      delimiter: ',',
      dependsOn: ['no-capacity'],
      helpValue: 'ZONE',
      description: 'Only in these zones; in all of the group when left out.',
    }),
    'slow-boot': integer({
      min: 1,
      max: 3600,
      helpValue: 'SECONDS',
      description: 'New instances of the node group boot that much later.',
    }),
    kill: string({
      helpValue: 'PROCESS',
      description: 'Kill all processes of this name, as postgres or pgbouncer.',
    }),
  }

  async run(): Promise<unknown> {
    const {args, flags} = await this.parse(LabBreak)
    const siteFault = siteFaultOf(args.host, flags)
    if (siteFault) return this.#breakSite(flags.lab, args.host, siteFault)
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

  async #breakSite(lab: string, part: string, fault: SiteFault): Promise<unknown> {
    const [{breakSite}, {describeSiteFault}] = await Promise.all([
      import('../../lib/lab/break.ts'),
      import('../../lib/lab/site-faults.ts'),
    ])
    const result = await breakSite(lab, fault)
    this.log(
      `${part} is ${describeSiteFault(result.fault)}: ${result.proof.measured}\nundo: pp lab mend ${part}`,
    )
    return {outcome: 'done', exitCode: 0, lab, ...result}
  }
}

interface SiteFlags {
  readonly cut: boolean
  readonly blackhole: boolean
  readonly 'one-way': boolean
  readonly 'no-capacity': boolean
  readonly zone: readonly string[] | undefined
  readonly 'slow-boot': number | undefined
}

/** What is asked for that is no host; undefined: a host is. @throws PpError USAGE. */
function siteFaultOf(part: string, flags: SiteFlags): SiteFault | undefined {
  const {cut, blackhole, 'one-way': oneWay, 'no-capacity': noCapacity, 'slow-boot': delaySeconds} = flags
  if (part === 'link') {
    if (cut === blackhole || (cut && oneWay) || noCapacity || delaySeconds !== undefined) throw chooseHow()
    return {kind: 'link', how: cut ? 'cut' : 'blackhole', oneWay}
  }
  if (blackhole) throw chooseHow()
  if (noCapacity && delaySeconds !== undefined) throw chooseOne(part)
  if (noCapacity) return {kind: 'no-capacity', group: part, zones: [...(flags.zone ?? [])]}
  return delaySeconds === undefined ? undefined : {kind: 'slow-boot', group: part, delaySeconds}
}

const chooseHow = (): Error =>
  usageError('USAGE', {
    message:
      'The link between the sites is broken by --cut, --blackhole, or --blackhole --one-way; nothing else is.',
    hint: 'pp lab break link --cut',
  })

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
