/** A word that may come next. */
export interface Candidate {
  readonly word: string
  readonly description?: string | undefined
}

/** What of the manifest of commands says what may be typed. */
export interface Manifest {
  readonly commands: Readonly<Record<string, CommandShape>>
}
interface CommandShape {
  readonly summary?: string
  readonly hidden?: boolean
  readonly args: Readonly<Record<string, ArgumentShape>>
  readonly flags: Readonly<Record<string, FlagShape>>
}
interface ArgumentShape {
  readonly name: string
  readonly options?: readonly string[]
}
interface FlagShape extends ArgumentShape {
  readonly type: 'boolean' | 'option'
  readonly char?: string
  readonly description?: string
  readonly helpValue?: string
  readonly exclusive?: readonly string[]
  readonly hidden?: boolean
}

/** Names that are looked up, of this fleet and on this machine. */
export type NameKind =
  | 'codes'
  | 'databases'
  | 'drills'
  | 'environments'
  | 'hooks'
  | 'hosts'
  | 'labHosts'
  | 'labs'
  | 'members'
  | 'operations'
  | 'runs'
  | 'services'
  | 'sites'

export interface Completion {
  readonly candidates: readonly Candidate[]
  readonly names?: NameKind | undefined
  /** The shell knows better. */
  readonly isFile?: boolean
  /** What the words are to begin with. */
  readonly typed: string
  /** Comes before each of them: `--site=`. */
  readonly prefix: string
  /** The choice of the fleet among the words. */
  readonly chosen: Readonly<Record<string, string>>
}

/**
 * What may come next.
 *
 * @param words what was typed behind `pp` up to the cursor; the last one is being typed, and may be empty.
 */
export function completionOf({commands}: Manifest, words: readonly string[]): Completion {
  const before = words.slice(0, -1)
  const current = words.at(-1) ?? ''
  const flagAt = before.findIndex((word) => word.startsWith('-'))
  const leading = flagAt === -1 ? before : before.slice(0, flagAt)
  const length = leading
    .map((_, index) => index + 1)
    .findLast((count) => commands[leading.slice(0, count).join(':')] !== undefined)
  const nothing = {typed: current, prefix: '', chosen: {}}
  const next = flagAt === -1 && !current.startsWith('-') ? nextWords(commands, leading) : []
  if (length === undefined) return {...nothing, candidates: next}
  const id = leading.slice(0, length).join(':')
  const command = commands[id]
  if (!command) return {...nothing, candidates: next}
  const found = inCommand({id, command}, before.slice(length), current)
  return {...found, candidates: [...next, ...found.candidates]}
}

/** Commands and topics below what was typed. */
function nextWords(commands: Manifest['commands'], path: readonly string[]): readonly Candidate[] {
  const below = path.map((word) => `${word}:`).join('')
  const words = new Map<string, string | undefined>()
  for (const [id, {summary, hidden}] of Object.entries(commands)) {
    if (hidden || !id.startsWith(below)) continue
    const [word = '', ...more] = id.slice(below.length).split(':')
    // Of a topic nothing is known but its commands.
    const description = more.length === 0 ? summary : words.get(word)
    words.set(word, description)
  }
  return [...words].map(([word, description]) => ({word, description}))
}

function inCommand(
  {id, command}: {readonly id: string; readonly command: CommandShape},
  rest: readonly string[],
  current: string,
): Completion {
  const flags = Object.values(command.flags).filter(({hidden}) => !hidden)
  const {used, awaited, count, chosen, isPositional} = read(rest, flags)
  const base = {candidates: [], typed: current, prefix: '', chosen}
  if (awaited) return {...base, ...valuesOf(id, awaited)}
  const assigned = /^(--([a-z-]+)=)(.*)$/s.exec(current)
  if (assigned && !isPositional) {
    const [, prefix = '', name, typed = ''] = assigned
    const flag = flags.find((one) => one.name === name)
    return {...base, typed, prefix, ...(flag && valuesOf(id, flag))}
  }
  const argument = Object.values(command.args)[count]
  const values = argument ? valuesOf(id, argument) : undefined
  const isKnown = values !== undefined && (values.candidates.length > 0 || values.names !== undefined)
  // Where an argument may be anything, flags are what can be offered.
  if (!isPositional && (current.startsWith('-') || !isKnown))
    return {...base, candidates: unused(flags, used)}
  return {...base, ...values}
}

const unused = (flags: readonly FlagShape[], used: ReadonlySet<string>): readonly Candidate[] =>
  flags
    .filter(({name, exclusive = []}) => !used.has(name) && !exclusive.some((other) => used.has(other)))
    .map(({name, description}) => ({word: `--${name}`, description}))

interface Read {
  readonly used: ReadonlySet<string>
  /** A flag whose value comes next. */
  readonly awaited: FlagShape | undefined
  /** Of arguments that are there. */
  readonly count: number
  readonly chosen: Readonly<Record<string, string>>
  /** Behind `--`. */
  readonly isPositional: boolean
}

function read(words: readonly string[], flags: readonly FlagShape[]): Read {
  const used = new Set<string>()
  const chosen: Record<string, string> = {}
  let awaited: FlagShape | undefined
  let count = 0
  let isPositional = false
  for (const word of words) {
    if (awaited) {
      chosen[awaited.name] = word
      awaited = undefined
    } else if (isPositional || !word.startsWith('-')) count++
    else if (word === '--') isPositional = true
    else {
      const [, name, , value] = /^--?([^=]*)(=(.*))?$/s.exec(word) ?? []
      const flag = flags.find((one) => one.name === name || one.char === name)
      if (!flag) continue
      used.add(flag.name)
      if (value !== undefined) chosen[flag.name] = value
      else if (flag.type === 'option') awaited = flag
    }
  }
  return {used, awaited, count, chosen, isPositional}
}

const kinds: Readonly<Record<string, NameKind>> = {
  code: 'codes',
  database: 'databases',
  drill: 'drills',
  env: 'environments',
  hook: 'hooks',
  id: 'operations',
  lab: 'labs',
  run: 'runs',
  service: 'services',
  site: 'sites',
  undo: 'operations',
}

function valuesOf(
  id: string,
  {name, options, helpValue}: Pick<FlagShape, 'name' | 'options' | 'helpValue'>,
): Pick<Completion, 'candidates' | 'names' | 'isFile'> {
  if (helpValue === 'FILE' || helpValue === 'DIR') return {candidates: [], isFile: true}
  if (options) return {candidates: options.map((word) => ({word}))}
  if (name === 'host' || helpValue === 'HOST')
    return {candidates: [], names: id.startsWith('lab:') ? 'labHosts' : name === 'host' ? 'hosts' : 'members'}
  if (name === 'name' && id.startsWith('drill')) return {candidates: [], names: 'drills'}
  return {candidates: [], names: kinds[name]}
}
