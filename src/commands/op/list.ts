import {PpCommand} from '../../lib/command.ts'

export default class OpList extends PpCommand {
  static override summary = 'List operations, newest first.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json',
  ]

  async run(): Promise<unknown> {
    await this.parse(OpList)
    const fleet = await this.fleet()
    const [{listOperations}, {tableRows}, {resultColumns}] = await Promise.all([
      import('../../lib/operation/store.ts'),
      import('../../lib/output/table.ts'),
      import('../../lib/output/wrap.ts'),
    ])
    const operations = listOperations(fleet)
    if (!this.jsonEnabled()) {
      const rows = operations.map((one) => [
        one.id,
        one.openedAt.slice(0, 19),
        one.kind.replace('database-', ''),
        one.target,
        one.owner,
        one.outcome ?? `unfinished${one.step ? ` at ${one.step}` : ''}`,
      ])
      process.stdout.write(
        rows.length > 0 ? `${tableRows(rows, resultColumns()).join('\n')}\n` : 'No operation yet.\n',
      )
    }
    return {schemaVersion: 1, operations}
  }
}
