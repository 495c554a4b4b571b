import {string as stringArgument} from '@oclif/core/args'

import {PpCommand} from '../../lib/command.ts'
import {unavailableError, usageError} from '../../lib/errors.ts'
import {nearest} from '../../lib/nearest.ts'

export default class ConfigNotify extends PpCommand {
  static override summary = 'Tell the hooks of the fleet file a test, and say who got it.'
  static override description =
    'Sends each hook below notify a notification with the event "test", whatever events it asks for. ' +
    'Ends with 5 when one could not be told.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> pager --env production',
  ]
  static override args = {
    hook: stringArgument({description: 'Only this hook; all when left out.'}),
  }

  async run(): Promise<unknown> {
    const {args} = await this.parse(ConfigNotify)
    const fleet = await this.fleet()
    const hooks = fleet.notify.filter(({name}) => args.hook === undefined || name === args.hook)
    if (args.hook !== undefined && hooks.length === 0)
      throw unknownHook(
        args.hook,
        fleet.notify.map(({name}) => name),
      )
    const {showUndelivered, tellTest} = await import('../../lib/operation/announce.ts')
    const failures = await tellTest(fleet, hooks)
    if (failures.length > 0) {
      throw unavailableError('NOTIFY_UNDELIVERED', {
        message: failures.map(showUndelivered).join('\n'),
        hint: `Correct notify in ${fleet.file}, then: pp config notify`,
      })
    }
    this.log(hooks.length === 0 ? `${fleet.file} has no hooks below notify.` : 'done  all were told.')
    return {hooks: hooks.map(({name}) => ({name, told: true}))}
  }
}

function unknownHook(name: string, known: readonly string[]): Error {
  const suggestion = nearest(name, known)
  return usageError('HOOK_UNKNOWN', {
    message: `The fleet has no hook "${name}" below notify; it has ${known.join(', ') || 'none'}.`,
    hint: suggestion === undefined ? 'pp config explain notify' : `pp config notify ${suggestion}`,
  })
}
