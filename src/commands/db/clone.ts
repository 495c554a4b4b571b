import {RejoinCommand} from '../../lib/rejoin-command.ts'

export default class DbClone extends RejoinCommand {
  static override summary = "Make a member's data anew from the primary's (pg_basebackup)."
  static override description =
    'The old data stays beside the new, dated; what only that member has written is kept aside and summed up first. ' +
    'Until the copy is complete nothing starts the member.'
  // oclif looks only at the class itself.
  static override args = RejoinCommand.args
  static override flags = RejoinCommand.flags
  static override examples = [
    '<%= config.bin %> <%= command.id %> db3',
    '<%= config.bin %> <%= command.id %> db3 --plan',
  ]

  readonly how = 'clone'
}
