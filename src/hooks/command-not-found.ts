import type {Hook} from '@oclif/core/hooks'

import {usageError} from '../lib/errors.ts'
import {nearest} from '../lib/nearest.ts'

/** A mistyped command: exit 2 and the right spelling, in every form of output. */
const commandNotFound: Hook.CommandNotFound = async function ({id, config}) {
  const typed = id.replaceAll(':', ' ')
  const names = config.commands
    .filter(({hidden}) => !hidden)
    .map((command) => command.id.replaceAll(':', ' '))
  const suggestion = nearest(typed, names)
  throw usageError('UNKNOWN_COMMAND', {
    message: `pp has no command "${typed}".`,
    hint: suggestion === undefined ? 'pp --help' : `pp ${suggestion}`,
  })
}

export default commandNotFound
