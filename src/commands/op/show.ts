import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import {setTimeout as sleep} from 'node:timers/promises'

import {PpCommand} from '../../lib/command.ts'

export default class OpShow extends PpCommand {
  static override summary = 'Show what an operation did, step by step.'
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
    const [{findOperation, readJournal}, {showJournal, showRecord}, {manualSteps}] = await Promise.all([
      import('../../lib/operation/store.ts'),
      import('../../lib/operation/show.ts'),
      import('../../lib/database/manual.ts'),
    ])
    const operation = findOperation(fleet, args.id)
    const {file, brokenAt, ...journal} = readJournal(fleet, operation.id)
    let {records} = journal
    if (brokenAt !== undefined)
      process.stderr.write(`! ${file}:${brokenAt} was edited or damaged; pp op verify ${operation.id}\n`)
    if (!this.jsonEnabled()) process.stdout.write(`${showJournal(operation, records)}\n`)
    if (flags.manual && !this.jsonEnabled()) process.stdout.write(`\n${manualSteps(records)}\n`)
    while (flags.watch && !records.some((record) => record.type === 'closed')) {
      await sleep(500)
      const {records: now} = readJournal(fleet, operation.id)
      for (const record of now.slice(records.length)) process.stdout.write(`${showRecord(record)}\n`)
      records = now
    }
    return {schemaVersion: 1, operation, records, ...(flags.manual ? {manual: manualSteps(records)} : {})}
  }
}
