import {PpCommand} from '../../lib/command.ts'
import {databaseArg} from '../../lib/database/argument.ts'
import {findDatabase} from '../../lib/fleet/lookup.ts'

export default class DbCheck extends PpCommand {
  static override summary = 'Check that exactly one member accepts writes and every pooler leads to it.'
  static override description =
    'Exits 13 when none or more than one member accepts writes, or a pooler is paused or leads elsewhere.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> main --json',
  ]
  static override args = {
    database: databaseArg,
  }

  async run(): Promise<unknown> {
    const {args} = await this.parse(DbCheck)
    const fleet = await this.liveFleet()
    const database = findDatabase(fleet, args.database)
    const [{lookAtDatabases}, {brokenThings}] = await Promise.all([
      import('../../lib/database/look-with-backups.ts'),
      import('../../lib/database/status.ts'),
    ])
    const {states, databases, warnings} = await lookAtDatabases(fleet, [database])
    const findings = states.flatMap((state) => brokenThings(state))
    const outcome = findings.length > 0 ? 'human' : 'done'
    this.endWith(outcome)
    if (!this.jsonEnabled()) {
      const text =
        findings.length > 0
          ? findings.map((finding) => `✖ ${finding}`).join('\n')
          : `✔ ${database.name}: one writable member, every pooler leads to it`
      process.stdout.write(`${[text, ...warnings.map((warning) => `! ${warning}`)].join('\n')}\n`)
    }
    return {
      schemaVersion: 1,
      outcome,
      exitCode: findings.length > 0 ? 13 : 0,
      database: database.name,
      findings,
      backups: databases[0]?.backups ?? null,
      warnings,
    }
  }
}
