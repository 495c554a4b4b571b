import {usageError, type PpError} from './errors.ts'
import {nearest} from './nearest.ts'

interface Known {
  readonly commands: readonly {readonly id: string; readonly hidden?: boolean}[]
  readonly topics: readonly {readonly name: string}[]
}

/**
 * A mistyped command: exit 2 and the right spelling, whether it was to be run or to be explained.
 *
 * @param id as oclif has it, `lab:list`; what does not begin with a dash counts as part of it, arguments too.
 */
export function unknownCommand(id: string, known: Known, {isHelp = false} = {}): PpError {
  const typed = id.split(':')
  const asked = typed[0] === 'help' ? typed.slice(1) : typed
  const suggestion = nearestCommand(asked, known)
  const topic = known.topics.some(({name}) => name === asked[0]) ? ` ${asked[0] ?? ''}` : ''
  const help = suggestion === undefined || isHelp || asked !== typed ? ' --help' : ''
  return usageError('UNKNOWN_COMMAND', {
    message: `pp has no command "${typed.join(' ')}".`,
    hint: `pp${suggestion === undefined ? topic : ` ${suggestion}`}${help}`,
  })
}

function nearestCommand(words: readonly string[], {commands, topics}: Known): string | undefined {
  const names = commands.filter(({hidden}) => hidden !== true).map(({id}) => id.replaceAll(':', ' '))
  const isTopic = topics.some(({name}) => name === words[0])
  for (let length = words.length; length > (isTopic ? 1 : 0); length--) {
    const name = nearest(words.slice(0, length).join(' '), names)
    if (name !== undefined) return name
  }
  return undefined
}
