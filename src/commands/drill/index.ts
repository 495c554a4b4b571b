import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'

import {PpCommand} from '../../lib/command.ts'
import {untilInterrupted} from '../../lib/output/interrupted.ts'

export default class DrillRun extends PpCommand {
  static override summary = 'Rehearse an outage, measure it from outside, and keep evidence of it.'
  static override description =
    'What is broken is put right whatever happens: at the end, after a failure, on Ctrl-C and SIGTERM, and by pp drill undo ' +
    'when pp itself was killed. Exits 10 when an objective was missed, 15 when something could not be measured.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> dr --plan',
    '<%= config.bin %> <%= command.id %> dr',
    '<%= config.bin %> <%= command.id %> switchover --yes --json',
  ]
  static override args = {
    name: Args.string({required: true, description: 'Drill: a file of playbooks/drills without its suffix.'}),
  }
  static override flags = {
    plan: Flags.boolean({description: 'Show what would be done; change nothing, lock nothing.'}),
    out: Flags.string({description: 'Save the plan to a file.', dependsOn: ['plan'], helpValue: 'FILE'}),
    apply: Flags.string({
      description: 'Do exactly this saved plan, or refuse.',
      exclusive: ['plan'],
      helpValue: 'FILE',
    }),
    yes: Flags.boolean({char: 'y', description: 'Answer yes to ordinary questions.'}),
    confirm: Flags.string({
      description: 'Name of the drill, for a protected environment.',
      helpValue: 'NAME',
    }),
    events: Flags.boolean({
      description: 'One JSON line per change on stdout; the last line is the result.',
      exclusive: ['json'],
    }),
  }

  async run(): Promise<unknown> {
    const {args, flags} = await this.parse(DrillRun)
    const fleet = await this.liveFleet()
    const [{loadDrill}, {prepareDrill}, {showPrepared}] = await Promise.all([
      import('../../lib/drill/format/load.ts'),
      import('../../lib/drill/prepare.ts'),
      import('../../lib/drill/show/plan.ts'),
    ])
    const drill = loadDrill(fleet, args.name)
    const prepared = await untilInterrupted(prepareDrill(fleet, drill, new Date()))
    const {cluster, client, intent, steps, checks} = prepared
    const close = async () => {
      client.close()
      await cluster.close()
    }
    const {assertSaved, saveDrillPlan} = await import('../../lib/drill/saved-plan.ts')
    try {
      if (flags.apply !== undefined) assertSaved(flags.apply, intent)
      if (flags.out !== undefined) saveDrillPlan(flags.out, intent)
    } catch (error) {
      await close()
      throw error
    }
    const shown = showPrepared(fleet, prepared)
    if (flags.plan) {
      await close()
      const {planHash, resolved} = intent
      const document = {outcome: 'done', exitCode: 0, drill: drill.name, planHash, hosts: resolved.hosts}
      return this.say(flags.events, shown, {...document, steps, checks})
    }
    process.stderr.write(`${shown}\n\n`)
    const {confirm, confirmByName, notConfirmed} = await import('../../lib/output/confirm.ts')
    const question = `Run ${drill.name} on ${fleet.name}/${fleet.environment}, breaking ${intent.resolved.targets.join(', ') || 'nothing'}?`
    const isConfirmed = await (
      fleet.isProtected
        ? confirmByName(question, {name: drill.name, confirm: flags.confirm})
        : confirm(question, {yes: flags.yes || flags.confirm === drill.name})
    ).catch(async (error: unknown) => {
      await close()
      throw error
    })
    if (!isConfirmed) {
      await close()
      throw notConfirmed()
    }
    const [{runDrill}, {createProgress}, {createEventSink}] = await Promise.all([
      import('../../lib/drill/run.ts'),
      import('../../lib/output/progress.ts'),
      import('../../lib/output/events.ts'),
    ])
    const progress = createProgress(flags.events ? {events: createEventSink()} : {})
    const {report, text} = await runDrill(prepared, progress)
    process.exitCode = report.exitCode
    return this.say(flags.events, text, report)
  }
}
