import * as Flags from '@oclif/core/flags'

import {PpCommand} from '../../lib/command.ts'
import {databaseArg} from '../../lib/database/argument.ts'
import {parseTargetLsn, parseTargetTime} from '../../lib/database/backup/target.ts'
import {findDatabase} from '../../lib/fleet/lookup.ts'
import {exitCodes} from '../../lib/outcome.ts'

export default class DbRestore extends PpCommand {
  static override summary = 'Restore a backup beside the live database, look at it, and remove it again.'
  static override description =
    'A server of its own, which listens on no network, archives nothing and follows nobody; nothing of the live database is ' +
    'written. Exits 13 when a check of what was restored fails.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --into edge1',
    "<%= config.bin %> <%= command.id %> --into edge1 --to-time '2026-11-26 10:11:12Z' --keep",
    '<%= config.bin %> <%= command.id %> --into edge1 --clean',
  ]
  static override args = {database: databaseArg}
  static override flags = {
    into: Flags.string({
      required: true,
      description: 'Host to restore on: the one that keeps the backups, or a member.',
      helpValue: 'HOST',
    }),
    backup: Flags.string({
      description: 'Backup to begin from; the newest that ended before the target when left out.',
      helpValue: 'LABEL',
    }),
    'to-time': Flags.string({
      description:
        'Roll forward to this moment, given with its zone; to the end of the archive when left out.',
      helpValue: 'TIME',
      exclusive: ['to-lsn'],
    }),
    'to-lsn': Flags.string({description: 'Roll forward to this position of the WAL.', helpValue: 'X/Y'}),
    keep: Flags.boolean({
      default: false,
      description: 'Leave the restored server running, to be read from on its socket.',
    }),
    quick: Flags.boolean({
      default: false,
      description: 'Leave out the checks that read everything: amcheck, and the checksum of every page.',
    }),
    clean: Flags.boolean({
      description: 'Remove what was kept or left on the host, and end a restore that runs there.',
      exclusive: ['backup', 'to-time', 'to-lsn', 'keep', 'quick'],
    }),
    events: Flags.boolean({
      description: 'One JSON line per change on stdout; the last line is the result.',
      exclusive: ['json'],
    }),
  }

  async run(): Promise<unknown> {
    const {args, flags} = await this.parse(DbRestore)
    const target = {
      label: flags.backup,
      time: flags['to-time'] === undefined ? undefined : parseTargetTime(flags['to-time']),
      lsn: flags['to-lsn'] === undefined ? undefined : parseTargetLsn(flags['to-lsn']),
    }
    const fleet = await this.liveFleet()
    const database = findDatabase(fleet, args.database)
    const [{cleanRestore, restoreBackup}, {showRestore}, {createProgress}, {createEventSink}] =
      await Promise.all([
        import('../../lib/database/backup/restore.ts'),
        import('../../lib/database/backup/show-restore.ts'),
        import('../../lib/output/progress.ts'),
        import('../../lib/output/events.ts'),
      ])
    if (flags.clean) {
      const cleaned = await cleanRestore(fleet, database, flags.into)
      const text = cleaned.removed || cleaned.ended ? 'what was restored is removed.' : 'nothing was there.'
      return this.say(flags.events, `done  ${flags.into}: ${text}`, {
        outcome: 'done',
        exitCode: 0,
        ...cleaned,
      })
    }
    const {into, keep, quick} = flags
    const progress = createProgress(flags.events ? {events: createEventSink()} : {})
    const result = await restoreBackup(fleet, database, {into, target, keep, quick}, progress)
    this.endWith(result.outcome)
    return this.say(flags.events, showRestore(result), {...result, exitCode: exitCodes[result.outcome]})
  }
}
