import * as Flags from '@oclif/core/flags'

import {PpCommand} from './command.ts'
import {durationFlag} from './flags.ts'
import {untilInterrupted} from './output/interrupted.ts'
import type {PreparedRollout} from './rollout/run.ts'
import type {RolloutRequest} from './rollout/types.ts'

export const rolloutFlags = {
  plan: Flags.boolean({description: 'Show what would be done; change nothing, lock nothing.'}),
  out: Flags.string({description: 'Save the plan to a file.', dependsOn: ['plan'], helpValue: 'FILE'}),
  yes: Flags.boolean({char: 'y', description: 'Answer yes to the question.'}),
  site: Flags.string({description: 'Only its clusters on this site.', helpValue: 'NAME'}),
  events: Flags.boolean({
    description: 'One JSON line per change on stdout; the last line is the result.',
    exclusive: ['json'],
  }),
  'wait-timeout': durationFlag({
    description: 'How long the Pods of one cluster may take to be ready.',
    default: 300,
    defaultHelp: () => Promise.resolve('5m'),
  }),
}

/** @param others flags that the plan has its own answer to. */
export const applyFlag = (...others: readonly string[]) =>
  Flags.string({
    description: 'Do exactly this saved plan, or refuse.',
    helpValue: 'FILE',
    exclusive: ['plan', 'site', 'wait-timeout', ...others],
  })

/** Loaded only where one is saved or applied. */
const plans = () => import('./rollout/saved-rollout.ts')

interface Answers {
  readonly plan: boolean
  readonly out?: string | undefined
  readonly apply?: string | undefined
  readonly yes: boolean
  readonly events: boolean
}

/** `pp deploy`, `pp rollback`: looks, shows the plan, asks, acts and reports. */
export abstract class RolloutCommand extends PpCommand {
  protected async carryOut(name: string, asked: RolloutRequest, answers: Answers): Promise<unknown> {
    const fleet = await this.liveFleet()
    const [{assertLabCluster}, {refuseInDrill}, {prepareRollout}] = await Promise.all([
      import('./fleet/lab-state.ts'),
      import('./workload/in-drill.ts'),
      import('./rollout/run.ts'),
    ])
    assertLabCluster(fleet)
    const {apply, plan} = answers
    const saved =
      apply === undefined ? undefined : (await plans()).readRollout(apply, fleet, asked.operation, name)
    const request = saved?.request ?? asked
    await untilInterrupted(refuseInDrill(fleet, {name, site: request.site, plan}))
    const prepared = await untilInterrupted(prepareRollout(fleet, name, request)).catch((error: unknown) => {
      throw saved?.staleBy(error) ?? error
    })
    try {
      if (prepared.work.intent.targets.length > 0) saved?.assertFresh(prepared)
      return await this.#perform(prepared, request, answers)
    } finally {
      prepared.service.close()
    }
  }

  async #perform(
    prepared: PreparedRollout,
    request: RolloutRequest,
    {plan: isPlan, out, yes, events}: Answers,
  ): Promise<unknown> {
    const [{showPlan}, {alreadyReport, showReport}, {refusedPlan}, {confirm, notConfirmed}] =
      await Promise.all([
        import('./rollout/show.ts'),
        import('./rollout/report.ts'),
        import('./operation/refused.ts'),
        import('./output/confirm.ts'),
      ])
    const {work, service: open, warnings} = prepared
    const {service, operation, targets} = work.intent
    const plan = work.plan('forward', [])
    if (plan.kind === 'refused') throw refusedPlan(plan)
    if (out !== undefined) {
      const {saveRollout} = await plans()
      saveRollout(out, prepared, request)
    }
    if (targets.length === 0)
      return this.say(
        events,
        `done  ${service} runs it already; nothing to do.`,
        alreadyReport(service, operation),
      )
    const shown = showPlan(work, plan.steps, {environment: open.fleet.environment, warnings})
    if (isPlan)
      return this.say(events, shown, {
        outcome: 'done',
        exitCode: 0,
        intent: work.intent,
        steps: plan.steps,
        warnings,
      })
    process.stderr.write(`${shown}\n\n`)
    if (!(await confirm(`${operation === 'deploy' ? 'Deploy' : 'Roll back'} ${service}?`, {yes})))
      throw notConfirmed(service)
    const [{performRollout}, {createProgress}, {createEventSink}] = await Promise.all([
      import('./rollout/run.ts'),
      import('./output/progress.ts'),
      import('./output/events.ts'),
    ])
    const progress = createProgress(events ? {events: createEventSink()} : {})
    const report = await performRollout(prepared, progress)
    process.exitCode = report.exitCode
    return this.say(events, showReport(report), report)
  }
}
