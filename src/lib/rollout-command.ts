import * as Flags from '@oclif/core/flags'

import {PpCommand} from './command.ts'
import {durationFlag} from './flags.ts'
import type {PreparedRollout} from './rollout/run.ts'

export const rolloutFlags = {
  plan: Flags.boolean({description: 'Show what would be done; change nothing, lock nothing.'}),
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

interface Answers {
  readonly plan: boolean
  readonly yes: boolean
  readonly events: boolean
}

/** `pp deploy`, `pp rollback`: shows the plan, asks, acts and reports. */
export abstract class RolloutCommand extends PpCommand {
  protected async carryOut(
    prepared: PreparedRollout,
    {plan: isPlan, yes, events}: Answers,
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
    try {
      const plan = work.plan('forward', [])
      if (plan.kind === 'refused') throw refusedPlan(plan)
      if (targets.length === 0)
        return await this.say(
          events,
          `done  ${service} runs it already; nothing to do.`,
          alreadyReport(service, operation),
        )
      const shown = showPlan(work, plan.steps, {environment: open.fleet.environment, warnings})
      if (isPlan)
        return await this.say(events, shown, {
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
      return await this.say(events, showReport(report), report)
    } finally {
      open.close()
    }
  }
}
