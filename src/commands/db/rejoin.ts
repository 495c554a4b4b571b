import {RejoinCommand} from '../../lib/rejoin-command.ts'

export default class DbRejoin extends RejoinCommand {
  static override summary = 'Bring a member that was primary back as a standby of the present one.'
  static override description =
    'What only that member has written is kept aside, dated and counted, before it is taken back (pg_rewind). ' +
    'Where a rewind cannot work, or was interrupted, its data is copied anew from the primary. ' +
    'Interrupted, it is never started before pp op resume has finished it. A pooler that was away while the primary changed is ' +
    'led to the present one.'
  // oclif looks only at the class itself.
  static override args = RejoinCommand.args
  static override flags = RejoinCommand.flags
  static override examples = [
    '<%= config.bin %> <%= command.id %> db1',
    '<%= config.bin %> <%= command.id %> db1 --plan',
  ]

  readonly how = 'rejoin'
}
