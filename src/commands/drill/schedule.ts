import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'

import {PpCommand} from '../../lib/command.ts'

export default class DrillSchedule extends PpCommand {
  static override summary = 'Print what to paste so that a drill runs by itself.'
  static override description =
    'A crontab line, a systemd service and timer, a Kubernetes CronJob and a GitHub Actions job, all for the same command at the ' +
    "same times, by the clock of the drill's windows. What goes to stdout are the blocks alone."
  static override examples = [
    "<%= config.bin %> <%= command.id %> dr --cron '0 3 * * 6' --env production",
    "<%= config.bin %> <%= command.id %> dr --cron '0 3 * * 6' --json",
  ]
  static override args = {drill: Args.string({required: true, description: 'Name of the drill.'})}
  static override flags = {
    cron: Flags.string({
      required: true,
      helpValue: 'FIELDS',
      description: 'Minute, hour, day of the month, month and weekday.',
    }),
    image: Flags.string({
      helpValue: 'IMAGE',
      description: 'Container image for Kubernetes; pp with its version when left out.',
    }),
  }

  async run(): Promise<unknown> {
    const {args, flags} = await this.parse(DrillSchedule)
    const fleet = await this.fleet()
    const [{loadDrill}, {scheduleDrill}, {showNext, showSchedule}] = await Promise.all([
      import('../../lib/drill/format/load.ts'),
      import('../../lib/drill/schedule/schedule.ts'),
      import('../../lib/drill/schedule/show-schedule.ts'),
    ])
    const schedule = scheduleDrill(fleet, loadDrill(fleet, args.drill), {
      cron: flags.cron,
      image: flags.image ?? `pp:${this.config.version}`,
      now: new Date(),
    })
    if (!this.jsonEnabled()) {
      process.stderr.write(`${showNext(schedule)}\n\n`)
      process.stdout.write(showSchedule(schedule))
    }
    return {schemaVersion: 1, ...schedule}
  }
}
