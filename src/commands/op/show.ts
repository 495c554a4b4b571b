import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import {setTimeout as sleep} from 'node:timers/promises'

import {PpCommand} from '../../lib/command.ts'

export default class OpShow extends PpCommand {
  static override summary = 'Show what an operation did, step by step.'
  static override description = 'One that another machine began is read from the voters, by its whole id.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 0F3K8W2QX7',
    '<%= config.bin %> <%= command.id %> 0F3K8W2QX7 --manual',
  ]
  static override args = {id: Args.string({description: 'Operation, or how its id begins.', required: true})}
  static override flags = {
    manual: Flags.boolean({description: 'Print how to finish it or take it back by hand.'}),
    watch: Flags.boolean({description: 'Follow it until it ends.', exclusive: ['json']}),
  }

  async run(): Promise<unknown> {
    const {args, flags} = await this.parse(OpShow)
    const fleet = await this.fleet()
    const [{readOperation, manualStepsOf}, {showJournal, showRecord}] = await Promise.all([
      import('../../lib/operations.ts'),
      import('../../lib/operation/show.ts'),
    ])
    const {operation, damaged, read, close, ...journal} = await readOperation(fleet, args.id, () =>
      this.liveFleet(),
    )
    let {records} = journal
    if (damaged !== undefined)
      process.stderr.write(`! ${damaged} was edited or damaged; pp op verify ${operation.id}\n`)
    if (!this.jsonEnabled()) process.stdout.write(`${showJournal(operation, records)}\n`)
    const manual = flags.manual ? await manualStepsOf(operation, records) : undefined
    if (manual !== undefined && !this.jsonEnabled()) process.stdout.write(`\n${manual}\n`)
    while (flags.watch && !records.some((record) => record.type === 'closed')) {
      await sleep(500)
      const now = await read()
      for (const record of now.slice(records.length)) process.stdout.write(`${showRecord(record)}\n`)
      records = now
    }
    await close()
    return {schemaVersion: 1, operation, records, ...(manual === undefined ? {} : {manual})}
  }
}
