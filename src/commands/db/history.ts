import {PpCommand} from '../../lib/command.ts'
import {databaseArg} from '../../lib/database/argument.ts'
import {findDatabase} from '../../lib/fleet/lookup.ts'

export default class DbHistory extends PpCommand {
  static override summary = 'List the changes of primary: when, who, why, what it cost.'
  static override description =
    "From the journals on this machine, and from the members' own timeline history for what somebody else has done. " +
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
    const [{listOperations, readJournal}, {Cluster}, {history, pastChange, timelineEnds}, {showHistory}] =
      await Promise.all([
        import('../../lib/operation/store.ts'),
        import('../../lib/database/cluster.ts'),
        import('../../lib/database/history.ts'),
        import('../../lib/database/show-history.ts'),
      ])
    const known = listOperations(fleet)
      .filter(({target}) => target === database.name)
      .flatMap(({id}) => pastChange(id, readJournal(fleet, id).records) ?? [])
    const cluster = await Cluster.open(fleet, database)
    const {ends, problem} = await timelineEnds(cluster).finally(() => cluster.close())
    const changes = history(known, ends)
    if (problem !== undefined) process.stderr.write(`! ${problem}: what is shown is from journals alone\n`)
    if (!this.jsonEnabled()) process.stdout.write(`${showHistory(changes)}\n`)
    return {schemaVersion: 1, database: database.name, changes}
  }
}
