import type {Interfaces} from '@oclif/core'
import {string} from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'

import {PpCommand} from '../lib/command.ts'
import {usageError} from '../lib/errors.ts'
import {durationFlag} from '../lib/flags.ts'
import type {Fleet} from '../lib/fleet/types.ts'
import {untilInterrupted} from '../lib/output/interrupted.ts'
import type {WaitOptions} from '../lib/workload/operate/intent.ts'
import type {PreparedScale} from '../lib/workload/operate/prepare.ts'
import type {SizedQueue} from '../lib/workload/queue.ts'
import type {ScaleRequest} from '../lib/workload/types.ts'

const defaultWaitSeconds = 300

export default class Scale extends PpCommand {
  static override summary = 'Change how many replicas a service runs, and wait until they are ready.'
  static override description = `Looks at every cluster of the service, finds out who owns the number (a Deployment, an HPA or a KEDA ScaledObject), fits the Pods into the nodes by the scheduler's hard rules, first cluster first, says which fields are set and what that costs, asks, sets them and waits by watching.

An absolute number for a service that an autoscaler owns is its lower bound; the upper one is raised where it has to be. What was set is given back by --undo, each field only where it still holds what was set; with --until that happens by itself when the time is over, whether pp is there or not.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> render 24 --plan',
    '<%= config.bin %> <%= command.id %> render +6',
    '<%= config.bin %> <%= command.id %> render --surge 300% --wait-timeout 2m --undo-on-timeout --yes',
    '<%= config.bin %> <%= command.id %> render --for-queue 30s --allow-partial --yes',
    '<%= config.bin %> <%= command.id %> render 10 --split rack=60,aws=40',
    '<%= config.bin %> <%= command.id %> render --site aws --min 4 --max 40',
    '<%= config.bin %> <%= command.id %> render 12 --until 2h',
    '<%= config.bin %> <%= command.id %> render 24 --plan --out render.plan',
    '<%= config.bin %> <%= command.id %> render --apply render.plan --yes',
    '<%= config.bin %> <%= command.id %> render --undo 0F3K8W2QX7',
    '<%= config.bin %> <%= command.id %> render --undo 0F3K8W2QX7 --site rack',
  ]
  static override args = {
    service: string({description: 'Service of the fleet file.', required: true}),
    target: string({description: 'How many: 24, or from what it has now +6, -4, x3.'}),
  }
  static override flags = {
    plan: Flags.boolean({description: 'Show what would be done; change nothing, lock nothing.'}),
    out: Flags.string({description: 'Save the plan to a file.', dependsOn: ['plan'], helpValue: 'FILE'}),
    apply: Flags.string({
      description: 'Do exactly this saved plan, or refuse.',
      helpValue: 'FILE',
      exclusive: [
        ...['plan', 'surge', 'for-queue', 'min', 'max', 'site', 'split', 'allow-partial', 'until', 'undo'],
        ...['wait-timeout', 'undo-on-timeout'],
      ],
    }),
    yes: Flags.boolean({char: 'y', description: 'Answer yes to ordinary questions.'}),
    confirm: Flags.string({
      description: 'Name of the service, where more than half of it or all of it goes.',
      helpValue: 'NAME',
    }),
    surge: Flags.string({
      description: 'So much of what it has now: 300% is x3.',
      helpValue: 'PERCENT',
      exclusive: ['min', 'max'],
    }),
    'for-queue': durationFlag({
      description:
        'As many more as draw what waits within this time, from its age and from how long a job takes.',
      exclusive: ['surge', 'min', 'max'],
    }),
    min: Flags.integer({description: 'Lower bound of its autoscaler, instead of a number.', min: 0}),
    max: Flags.integer({description: 'Upper bound of its autoscaler.', min: 1}),
    site: Flags.string({description: 'Only its clusters on this site.', helpValue: 'NAME'}),
    split: Flags.string({
      description: 'How all of them are shared by the sites, instead of filling one after the other.',
      helpValue: 'rack=60,aws=40',
      exclusive: ['min', 'max', 'site'],
    }),
    'allow-partial': Flags.boolean({
      default: false,
      description: 'Take as many as fit when not all do.',
      exclusive: ['min', 'max'],
    }),
    until: durationFlag({
      description: 'Give it back after this time, also when pp is gone by then.',
    }),
    undo: Flags.string({
      description: 'Give back what this operation has set, with --site there alone.',
      helpValue: 'ID',
      exclusive: ['surge', 'for-queue', 'min', 'max', 'split', 'allow-partial', 'until', 'out'],
    }),
    'wait-timeout': durationFlag({description: 'How long to wait until all are ready; 5m when left out.'}),
    'undo-on-timeout': Flags.boolean({
      default: false,
      description: 'Put back what was set when they are not ready in time (exit 14).',
    }),
    events: Flags.boolean({
      description: 'One JSON line per change on stdout; the last line is the result.',
      exclusive: ['json'],
    }),
  }

  async run(): Promise<unknown> {
    const {args, flags} = await this.parse(Scale)
    const fleet = await this.liveFleet()
    const {assertLabCluster} = await import('../lib/fleet/lab-state.ts')
    const {service, target} = args
    if (target !== undefined) assertNoTarget(service, flags)
    assertLabCluster(fleet)
    if (flags.undo !== undefined) return this.#undo(fleet, service, flags.undo, flags)
    const [{refuseInDrill}, {plannedScale}, {isChanged, showScale}] = await Promise.all([
      import('../lib/workload/in-drill.ts'),
      import('../lib/workload/scale.ts'),
      import('../lib/workload/show.ts'),
    ])
    const plans = () => import('../lib/workload/operate/saved-scale.ts')
    const saved =
      flags.apply === undefined ? undefined : (await plans()).readScale(flags.apply, fleet, service)
    const {request, wait, queue} = saved ?? (await this.#asked(fleet, args, flags))
    await untilInterrupted(refuseInDrill(fleet, {name: service, site: request.site, plan: flags.plan}))
    const plan = await untilInterrupted(plannedScale(fleet, request))
    const {environment, isProtected} = fleet
    const {until} = request
    const shown = showScale(plan, {service, environment, isProtected, queue: queue?.arithmetic, until})
    const isChange = plan.clusters.some(isChanged)
    saved?.assertFresh(plan, isChange)
    if (flags.out !== undefined) (await plans()).saveScale(flags.out, fleet, {request, wait, plan})
    if (flags.plan || !isChange) {
      const document = {
        outcome: 'done',
        exitCode: 0,
        fleet: fleet.name,
        environment,
        service,
        queue,
        until: until?.to ?? null,
        ...plan,
      }
      return this.say(flags.events, shown, document)
    }
    process.stderr.write(`${shown}\n\n`)
    const {prepareScale} = await import('../lib/workload/operate/prepare.ts')
    const prepared = await untilInterrupted(prepareScale(fleet, request, plan, wait))
    const question =
      plan.now === plan.wanted ? `Carry this out?` : `Scale ${service} from ${plan.now} to ${plan.wanted}?`
    return this.#carryOut(prepared, {...flags, question, isSevere: plan.severe !== undefined})
  }

  /** What is asked for by the flags; a queue is measured for it. */
  async #asked(
    fleet: Fleet,
    args: {readonly service: string; readonly target?: string | undefined},
    flags: Typed,
  ): Promise<{
    readonly request: ScaleRequest
    readonly wait: WaitOptions
    readonly queue: SizedQueue | undefined
  }> {
    const {requestOf} = await import('../lib/workload/request.ts')
    const {site, 'for-queue': within, 'allow-partial': isPartial} = flags
    const queue = within === undefined ? undefined : await this.#queue(fleet, args.service, site, within)
    return {
      request: requestOf({...args, ...flags, isPartial, atLeast: queue?.replicas}, fleet.isProtected),
      wait: {
        waitSeconds: flags['wait-timeout'] ?? defaultWaitSeconds,
        undoOnTimeout: flags['undo-on-timeout'],
      },
      queue,
    }
  }

  async #queue(
    fleet: Fleet,
    service: string,
    site: string | undefined,
    withinSeconds: number,
  ): Promise<SizedQueue> {
    const {sizeForQueue} = await import('../lib/workload/queue.ts')
    return untilInterrupted(sizeForQueue(fleet, service, site, withinSeconds))
  }

  async #undo(
    fleet: Fleet,
    service: string,
    id: string,
    flags: Asked & {readonly plan: boolean; readonly site?: string | undefined},
  ): Promise<unknown> {
    const [{readOperation}, {refuseInDrill}, {prepareUndo}, {stepTitle}] = await Promise.all([
      import('../lib/operations.ts'),
      import('../lib/workload/in-drill.ts'),
      import('../lib/workload/operate/prepare-undo.ts'),
      import('../lib/workload/operate/verdict.ts'),
    ])
    const journal = await readOperation(fleet, id, () => Promise.resolve(fleet))
    await journal.close()
    await untilInterrupted(refuseInDrill(fleet, {name: service, site: flags.site, plan: flags.plan}))
    const prepared = await untilInterrupted(prepareUndo(fleet, service, journal, flags.site))
    const {steps, intent, severe} = prepared
    const {left = []} = intent.undo ?? {}
    const shown = [
      `${service} · undo of ${journal.operation.id}`,
      ...steps.map((step) => `  ${stepTitle(step)}`),
      ...(steps.length === 0 ? ['  Nothing to do: nothing of it is in force any more.'] : []),
      ...left.map((site) => `  left as it is: ${site} (pp scale ${service} --undo ${id} --site ${site})`),
      ...(severe === undefined ? [] : [`  asks for the name ${service} to be typed: ${severe}`]),
    ].join('\n')
    if (flags.plan || steps.length === 0) {
      prepared.service.close()
      return this.say(flags.events, shown, {
        outcome: 'done',
        exitCode: 0,
        service,
        undoes: intent.undo?.operation,
        steps,
        left,
        severe: severe ?? null,
      })
    }
    process.stderr.write(`${shown}\n\n`)
    return this.#carryOut(prepared, {...flags, question: `Give it back?`, isSevere: severe !== undefined})
  }

  async #carryOut(
    prepared: PreparedScale,
    {question, isSevere, ...flags}: Asked & {readonly question: string; readonly isSevere: boolean},
  ): Promise<unknown> {
    const {name} = prepared.service.service
    const [
      {confirm, confirmByName, notConfirmed},
      {createProgress},
      {createEventSink},
      {performScale},
      report,
    ] = await Promise.all([
      import('../lib/output/confirm.ts'),
      import('../lib/output/progress.ts'),
      import('../lib/output/events.ts'),
      import('../lib/workload/operate/run.ts'),
      import('../lib/workload/operate/report.ts'),
    ])
    try {
      const isConfirmed = isSevere
        ? await confirmByName(question, {name, confirm: flags.confirm})
        : await confirm(question, {yes: flags.yes || flags.confirm === name})
      if (!isConfirmed) throw notConfirmed(name)
    } catch (error) {
      prepared.service.close()
      throw error
    }
    const progress = createProgress(flags.events ? {events: createEventSink()} : {})
    const done = await performScale(prepared, progress)
    process.exitCode = done.exitCode
    return this.say(flags.events, report.showScaleReport(done), done)
  }
}

type Typed = Interfaces.InferredFlags<typeof Scale.flags>

/** @throws PpError TARGET_INVALID: the number is known already. */
function assertNoTarget(service: string, {undo, apply}: Typed): void {
  const [flag, value, why] =
    undo !== undefined
      ? ['--undo', undo, 'gives back what was there before']
      : ['--apply', apply, 'does what its plan says']
  if (value === undefined) return
  throw usageError('TARGET_INVALID', {
    message: `${flag} ${why}; it takes no number.`,
    hint: `pp scale ${service} ${flag} ${value}`,
  })
}

interface Asked {
  readonly yes: boolean
  readonly confirm?: string | undefined
  readonly events: boolean
}
