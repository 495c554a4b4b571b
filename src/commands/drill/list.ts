import {PpCommand} from '../../lib/command.ts'

export default class DrillList extends PpCommand {
  static override summary = 'List the drills of the fleet, and where each may run.'
  static override description = 'They are the files in playbooks/drills/ beside the fleet file.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json',
  ]

  async run(): Promise<unknown> {
    await this.parse(DrillList)
    const fleet = await this.fleet()
    const [{describeDrills}, {drillFolder}, {tableRows}, {resultColumns}] = await Promise.all([
      import('../../lib/drill/list-drills.ts'),
      import('../../lib/drill/format/load.ts'),
      import('../../lib/output/table.ts'),
      import('../../lib/output/terminal.ts'),
    ])
    const drills = describeDrills(fleet)
    if (!this.jsonEnabled()) {
      const rows = drills.map((drill) =>
        drill.isValid
          ? [drill.name, drill.environments.join(' '), drill.title]
          : [drill.name, '✖ invalid', `pp drill show ${drill.name}`],
      )
      process.stdout.write(
        rows.length > 0
          ? `${tableRows(rows, resultColumns()).join('\n')}\n`
          : `No drill in ${drillFolder(fleet)} yet.\n`,
      )
    }
    return {schemaVersion: 1, drills}
  }
}
