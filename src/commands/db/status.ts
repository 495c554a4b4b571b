import * as Args from '@oclif/core/args'

import {PpCommand} from '../../lib/command.ts'
import {assertLabDatabase, databasesThere} from '../../lib/fleet/lab-state.ts'
import {findDatabase} from '../../lib/fleet/lookup.ts'

export default class DbStatus extends PpCommand {
  static override summary = 'Show who is primary, how far the standbys are behind and where the poolers lead.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> main --json',
  ]
  static override args = {
    database: Args.string({description: 'Database of the fleet file; all when left out.'}),
  }

  async run(): Promise<unknown> {
    const {args} = await this.parse(DbStatus)
    const fleet = await this.liveFleet()
    const wanted = args.database === undefined ? databasesThere(fleet) : [findDatabase(fleet, args.database)]
    if (wanted.length === 0) for (const database of fleet.databases) assertLabDatabase(fleet, database)
    const [{lookAtDatabases}, {findingsOf}, {showDatabase, showFindings}] = await Promise.all([
      import('../../lib/database/look-with-backups.ts'),
      import('../../lib/database/status.ts'),
      import('../../lib/database/show-status.ts'),
    ])
    const {states, databases, warnings} = await lookAtDatabases(fleet, wanted)
    if (!this.jsonEnabled()) {
      const findings = [...states.flatMap((state) => findingsOf(state)), ...warnings]
      const shown = databases.map((one) => showDatabase(one)).join('\n\n')
      process.stdout.write(`${[shown, ...showFindings(findings)].join('\n')}\n`)
    }
    return {schemaVersion: 1, databases}
  }
}
