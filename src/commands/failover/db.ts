import * as Flags from '@oclif/core/flags'

import {PpCommand} from '../../lib/command.ts'
import {databaseArg} from '../../lib/database/argument.ts'
import {durationFlag, lossFlag, sizeFlag} from '../../lib/flags.ts'
import {findDatabase} from '../../lib/fleet/lookup.ts'
import type {ChangeRequest} from '../../lib/database/request.ts'
import {untilInterrupted} from '../../lib/output/interrupted.ts'
import type {PreparedChange} from '../../lib/database/change.ts'

export default class FailoverDb extends PpCommand {
  static override summary = 'Move the primary of a database to another host.'
  static override description =
    'A healthy primary is handed over without one failed client transaction and with the proof that nothing was lost. ' +
    'One that is lost is fenced with proof before another takes over, and what may be missing is said beforehand. ' +
    'What cannot be proved is put back.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --plan',
    '<%= config.bin %> <%= command.id %> main --from db1 --to db2 --yes',
  ]
  static override args = {
    database: databaseArg,
  }
  static override flags = {
    from: Flags.string({description: 'Only while this host is the primary.', helpValue: 'HOST'}),
    to: Flags.string({
      description: 'Host that becomes primary; the best one when left out.',
      helpValue: 'HOST',
    }),
    plan: Flags.boolean({description: 'Show what would be done; change nothing, lock nothing.'}),
    out: Flags.string({description: 'Save the plan to a file.', dependsOn: ['plan'], helpValue: 'FILE'}),
    apply: Flags.string({
      description: 'Do exactly this saved plan, or refuse.',
      exclusive: ['plan', 'from', 'to'],
      helpValue: 'FILE',
    }),
    yes: Flags.boolean({char: 'y', description: 'Answer yes to ordinary questions.'}),
    confirm: Flags.string({
      description: 'Name of the database, for a protected environment.',
      helpValue: 'NAME',
    }),
    'max-lag': sizeFlag({description: 'Replay lag allowed beforehand, of WAL; 16MiB when left out.'}),
    'pause-budget': durationFlag({description: 'Time allowed for getting all poolers paused.'}),
    'accept-unlogged': Flags.boolean({
      default: false,
      description: 'Accept that unlogged tables are emptied.',
    }),
    'accept-slot-loss': Flags.boolean({
      default: false,
      description: 'Accept that logical replication slots are lost.',
    }),
    planned: Flags.boolean({
      description: 'Refuse when the primary is lost.',
      exclusive: ['unplanned'],
    }),
    unplanned: Flags.boolean({description: 'Refuse when the primary is well (PRIMARY_ALIVE).'}),
    'max-loss': lossFlag({
      description:
        'What may be missing after an unplanned change: 0, a size where the lost disk answers, a duration, any. Left out: 0 with synchronous replication, else maxLoss of the fleet file.',
    }),
    again: Flags.boolean({default: false, description: 'A second unplanned change within an hour.'}),
    'force-unfenced': Flags.boolean({
      default: false,
      description:
        'Promote also when nothing proves that the lost primary cannot write. Asks for the name of the database.',
    }),
    restart: Flags.boolean({
      default: false,
      description: 'Start a primary whose process has died where it is, when no other member was promoted.',
      exclusive: ['to', 'planned', 'unplanned', 'out', 'apply', 'max-loss', 'force-unfenced'],
    }),
    events: Flags.boolean({
      description: 'One JSON line per change on stdout; the last line is the result.',
      exclusive: ['json'],
    }),
  }

  async run(): Promise<unknown> {
    const {args, flags} = await this.parse(FailoverDb)
    const [{performChange, prepareChange, requireCompareAndSet}, {defaultMaxLagBytes}, {showChange}, plans] =
      await Promise.all([
        import('../../lib/database/change.ts'),
        import('../../lib/database/request.ts'),
        import('../../lib/database/show-change.ts'),
        import('../../lib/database/saved-plan.ts'),
      ])
    const fleet = await this.liveFleet()
    const database = findDatabase(fleet, args.database)
    const saved = flags.apply === undefined ? undefined : plans.readChange(flags.apply)
    const request: ChangeRequest = saved?.request ?? {
      from: flags.from,
      to: flags.to,
      maxLagBytes: flags['max-lag'] ?? defaultMaxLagBytes,
      pauseSeconds: flags['pause-budget'] ?? fleet.timings.pauseSeconds,
      windowSeconds: fleet.timings.windowSeconds,
      acceptUnlogged: flags['accept-unlogged'],
      acceptSlotLoss: flags['accept-slot-loss'],
      insist: flags.planned ? 'planned' : flags.unplanned ? 'unplanned' : undefined,
      maxLoss: flags['max-loss'],
      again: flags.again,
      forceUnfenced: flags['force-unfenced'],
      restart: flags.restart,
    }
    if (!flags.plan) requireCompareAndSet(request, process.stdin.isTTY && process.stderr.isTTY)
    const change = await untilInterrupted(prepareChange(fleet, database, request))
    if (change.kind === 'already') {
      // A saved plan is done when its own host is primary, not when any other one is.
      if (saved && change.primary !== saved.request.to)
        throw plans.changeStale(flags.apply ?? '', database.name)
      const {alreadyReport} = await import('../../lib/database/report.ts')
      return this.say(flags.events, `done  ${change.why}; nothing to do.`, alreadyReport(change))
    }
    if (saved && saved.fingerprint !== change.fingerprint) {
      await change.cluster.close()
      throw plans.changeStale(flags.apply ?? '', database.name)
    }
    const shown = showChange(change)
    if (flags.plan) return this.#plan(flags, change, request, shown)
    process.stderr.write(`${shown}\n\n`)
    if (!(await this.#confirmed(change, flags))) {
      await change.cluster.close()
      const {notConfirmed} = await import('../../lib/output/confirm.ts')
      throw notConfirmed(database.name)
    }
    const [{createProgress}, {createEventSink}, {showReport}] = await Promise.all([
      import('../../lib/output/progress.ts'),
      import('../../lib/output/events.ts'),
      import('../../lib/database/report.ts'),
    ])
    const report = await performChange(
      change,
      createProgress(flags.events ? {events: createEventSink()} : {}),
    )
    process.exitCode = report.exitCode
    return this.say(flags.events, showReport(report, database.name), report)
  }

  async #plan(
    flags: {readonly out?: string | undefined; readonly events: boolean},
    change: PreparedChange,
    request: ChangeRequest,
    shown: string,
  ): Promise<unknown> {
    await change.cluster.close()
    const {steps, checks, fingerprint, evidence, ranking} = change
    const {intent} = change.work
    if (flags.out !== undefined) {
      const {saveChange} = await import('../../lib/database/saved-plan.ts')
      const insist = 'condition' in intent ? 'unplanned' : 'planned'
      saveChange(flags.out, {request: {...request, insist, from: intent.from, to: intent.to}, fingerprint})
    }
    const {losers} = ranking
    const document = {schemaVersion: 1, outcome: 'done', exitCode: 0, intent, evidence, steps, checks, losers}
    return this.say(flags.events, shown, document)
  }

  async #confirmed(
    change: PreparedChange,
    flags: {readonly yes: boolean; readonly confirm?: string | undefined},
  ): Promise<boolean> {
    const {confirm, confirmByName} = await import('../../lib/output/confirm.ts')
    const {fleet, database} = change.cluster
    const {intent} = change.work
    const {from, to} = intent
    const question =
      from === to
        ? `Start ${to} as the primary of ${database.name}?`
        : `Change the primary of ${database.name} from ${from} to ${to}?`
    try {
      // Of the change and not of the flags: a saved plan says it too.
      if (fleet.isProtected || ('isFenceForced' in intent && intent.isFenceForced))
        return await confirmByName(question, {name: database.name, confirm: flags.confirm})
      return await confirm(question, {yes: flags.yes || flags.confirm === database.name})
    } catch (error) {
      await change.cluster.close()
      throw error
    }
  }
}
