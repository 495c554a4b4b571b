import {PpCommand} from '../../lib/command.ts'

export default class OpList extends PpCommand {
  static override summary = 'List operations, newest first.'
  static override description =
    'Those of this machine, and those on services that other machines began, as the clusters have them.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json',
  ]

  async run(): Promise<unknown> {
    await this.parse(OpList)
    const fleet = await this.fleet()
    const [{listOperationsAnywhere}, {tableRows}, {resultColumns}] = await Promise.all([
      import('../../lib/operations.ts'),
      import('../../lib/output/table.ts'),
      import('../../lib/output/terminal.ts'),
    ])
    const {operations, silent} = await listOperationsAnywhere(fleet)
    for (const cluster of silent)
      process.stderr.write(
        `! ${cluster} does not answer; operations that others began there may be missing\n`,
      )
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
    return {schemaVersion: 1, operations, silent}
  }
}
