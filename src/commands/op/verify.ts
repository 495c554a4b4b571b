import * as Args from '@oclif/core/args'

import {PpCommand} from '../../lib/command.ts'

export default class OpVerify extends PpCommand {
  static override summary = 'Check that the journal of an operation was not edited.'
  static override description =
    'Follows the chain of hashes and compares its head with the copies on the voters, or in the clusters.'
  static override examples = ['<%= config.bin %> <%= command.id %> 0F3K8W2QX7']
  static override args = {id: Args.string({description: 'Operation, or how its id begins.', required: true})}

  async run(): Promise<unknown> {
    const {args} = await this.parse(OpVerify)
    const fleet = await this.liveFleet()
    const [
      {findOperation, readJournal},
      {headOf},
      {compareCopies},
      {findDatabase},
      {isOnService},
      {compareInClusters},
    ] = await Promise.all([
      import('../../lib/operation/store.ts'),
      import('../../lib/operation/journal.ts'),
      import('../../lib/database/journal-copies.ts'),
      import('../../lib/fleet/lookup.ts'),
      import('../../lib/operations.ts'),
      import('../../lib/workload/journals.ts'),
    ])
    const operation = findOperation(fleet, args.id)
    const journal = readJournal(fleet, operation.id)
    const copies = isOnService(operation)
      ? await compareInClusters(fleet, journal)
      : await compareCopies(fleet, findDatabase(fleet, operation.target), journal)
    const {file, lines: records, brokenAt} = journal
    const isWhole = brokenAt === undefined && !copies.some((copy) => copy.verdict === 'different')
    this.endWith(isWhole ? 'done' : 'human')
    if (!this.jsonEnabled()) {
      const lines = copies.map(
        (copy) =>
          `${copy.verdict === 'different' ? '✖' : '✔'} ${copy.host}: ${copy.verdict}, ${copy.records} of ${records.length} records`,
      )
      const chain =
        brokenAt === undefined
          ? `✔ the chain of ${records.length} records holds`
          : `✖ ${file}:${brokenAt} does not continue the line before it: it was edited or damaged`
      process.stdout.write(`${[chain, ...lines].join('\n')}\n`)
    }
    return {
      schemaVersion: 1,
      outcome: isWhole ? 'done' : 'human',
      exitCode: isWhole ? 0 : 13,
      records: records.length,
      head: headOf(records),
      brokenAt: brokenAt ?? null,
      copies,
    }
  }
}
