import {PpCommand} from '../../lib/command.ts'
import {databaseArg} from '../../lib/database/argument.ts'
import {findDatabase} from '../../lib/fleet/lookup.ts'

export default class DbHistory extends PpCommand {
  static override summary = 'List the changes of primary: when, who, why, what it cost.'
  static override description =
    "From the journals on this machine and those that the voters keep of other machines, and from the members' own timeline history " +
    'for what no journal tells. ' +
    '"held" is the time from holding the clients to leading them on.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> main --json',
  ]
  static override args = {
    database: databaseArg,
  }

  async run(): Promise<unknown> {
    const {args} = await this.parse(DbHistory)
    const fleet = await this.liveFleet()
    const database = findDatabase(fleet, args.database)
    const [{lookBack}, {showHistory}] = await Promise.all([
      import('../../lib/database/look-back.ts'),
      import('../../lib/database/show-history.ts'),
    ])
    const {changes, problem} = await lookBack(fleet, database)
    if (problem !== undefined) process.stderr.write(`! ${problem}: what is shown is from journals alone\n`)
    if (!this.jsonEnabled()) process.stdout.write(`${showHistory(changes)}\n`)
    return {schemaVersion: 1, database: database.name, changes}
  }
}
