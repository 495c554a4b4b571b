import {existsSync} from 'node:fs'
import type * as z from 'zod'

import {again} from '../again.ts'
import {messageOf, usageError} from '../errors.ts'
import {nearest} from '../nearest.ts'
import {defaults} from './defaults.ts'
import {findFleetFile, userFleetFile, type FoundFile} from './find.ts'
import {issuesIn} from '../yaml/issues.ts'
import {fleetInvalid} from './invalid.ts'
import {isMapping, mergeLayers, type Layer} from './layers.ts'
import {fleetFileSchema, settingsSchema, type Settings} from './schema.ts'
import {variablesLayer} from './variables.ts'
import {readYamlFile, type Issue, type YamlFile} from '../yaml/yaml-file.ts'

/** What was typed: the flags `--fleet` and `--env`. */
export interface FleetChoice {
  readonly file?: string | undefined
  readonly environment?: string | undefined
  readonly folder?: string
  readonly env?: NodeJS.ProcessEnv
}

export interface ResolvedSettings {
  readonly found: FoundFile
  readonly settings: Settings
  /** Source of each value, by its dotted path. */
  readonly sources: ReadonlyMap<string, string>
  /** The fleet file, for errors that later checks find. */
  readonly project: YamlFile
  /** Names of all environments. */
  readonly environments: readonly string[]
}

/**
 * All settings of the chosen environment: flag > PP_* variable > environment section > project file > user file >
 * default.
 *
 * @throws PpError FLEET_INVALID with every mistake of every file; FLEET_NOT_FOUND; ENVIRONMENT_UNKNOWN.
 */
export function resolveSettings(choice: FleetChoice): ResolvedSettings {
  const env = choice.env ?? process.env
  const found = findFleetFile(choice.file, choice.folder ?? process.cwd(), env)
  const project = readFleetFile(found.file)
  const user = existsSync(userFleetFile()) ? readFleetFile(userFleetFile()) : undefined
  const files = user ? [project, user] : [project]
  const mistakes = files.flatMap(mistakesIn)
  const environment = chooseEnvironment(choice, env, files, mistakes)
  const variables = variablesLayer(env, environment.isLab)
  const {value, sources} = mergeLayers([
    {value: {environment: environment.name}, source: () => environment.source},
    ...variables,
    ...files.map((file) => environmentLayer(file, environment.name)),
    ...files.map((file) => fileLayer(file)),
    {value: defaults, source: () => 'default'},
  ])
  const parsed = settingsSchema.safeParse(value)
  if (parsed.success && mistakes.length === 0)
    return {found, settings: parsed.data, sources, project, environments: environment.names}
  const merged = parsed.success
    ? []
    : mergedMistakes(parsed.error, {files, environment: environment.name, sources})
  throw fleetInvalid([...mistakes, ...merged])
}

function readFleetFile(file: string): YamlFile {
  try {
    return readYamlFile(file)
  } catch (cause) {
    throw usageError('FLEET_NOT_FOUND', {
      message: `The fleet file ${file} cannot be read: ${messageOf(cause)}.`,
      hint: 'pp config explain --fleet FILE',
      cause,
    })
  }
}

function mistakesIn(file: YamlFile): Issue[] {
  if (file.issues.length > 0) return [...file.issues]
  const parsed = fleetFileSchema.safeParse(file.value ?? {})
  return parsed.success ? [] : issuesIn(file, parsed.error, fleetFileSchema)
}

function chooseEnvironment(
  choice: FleetChoice,
  env: NodeJS.ProcessEnv,
  files: readonly YamlFile[],
  mistakes: readonly Issue[],
): {name: string; source: string; isLab: boolean; names: readonly string[]} {
  const declared = files.map(({value}) => (isMapping(value) ? value : {}))
  const fromFile = declared.map((value) => value.defaultEnvironment).find((name) => typeof name === 'string')
  const [name, source] = [
    [choice.environment, 'flag --env'],
    [env.PP_ENV === '' ? undefined : env.PP_ENV, 'variable PP_ENV'],
    [fromFile, 'defaultEnvironment'],
  ].find(([value]) => value !== undefined) ?? ['lab', 'default']
  const sections = declared.map(({environments}) => (isMapping(environments) ? environments : {}))
  const names = [...new Set(sections.flatMap((section) => Object.keys(section)))]
  if (name !== undefined && names.includes(name)) {
    const isLab = sections.some((section) => isMapping(section[name]) && 'lab' in section[name])
    return {name, source: source ?? '', isLab, names}
  }
  if (mistakes.length > 0) throw fleetInvalid(mistakes)
  throw unknownEnvironment(name ?? '', source ?? '', names)
}

function unknownEnvironment(name: string, source: string, names: readonly string[]): Error {
  const suggestion = nearest(name, names) ?? names[0]
  return usageError('ENVIRONMENT_UNKNOWN', {
    message: `The fleet has no environment "${name}" (${source}); it has ${names.join(', ') || 'none'}.`,
    hint:
      suggestion === undefined
        ? 'Add a section below environments in the fleet file.'
        : again('--env', suggestion),
  })
}

function environmentLayer(file: YamlFile, name: string): Layer {
  const environments = isMapping(file.value) ? file.value.environments : undefined
  return {
    value: isMapping(environments) ? environments[name] : undefined,
    source: (path) => place(file, ['environments', name, ...path]),
  }
}

function fileLayer(file: YamlFile): Layer {
  if (!isMapping(file.value)) return {value: {}, source: () => file.file}
  const value = Object.fromEntries(
    Object.entries(file.value).filter(
      ([key]) => !['environments', '$schema', 'defaultEnvironment'].includes(key),
    ),
  )
  return {value, source: (path) => place(file, path)}
}

function place(file: YamlFile, path: readonly string[]): string {
  const {line, column} = file.placeOf(path)
  return `${file.file}:${line}:${column}`
}

interface Sources {
  readonly files: readonly YamlFile[]
  readonly environment: string
  readonly sources: ReadonlyMap<string, string>
}

// What only all sources together show: a wrong variable, or a key that no file has (laid to the project's file).
function mergedMistakes({issues}: z.ZodError, {files, environment, sources}: Sources): Issue[] {
  const [project] = files
  return issues.flatMap((issue): Issue[] => {
    const path = issue.path.map(String)
    const key = path.join('.')
    const source = sources.get(key)
    if (source?.startsWith('variable ')) return [{place: source, message: `${key}: ${issue.message}`}]
    const inEnvironment = ['environments', environment, ...path]
    // A key that a file has was checked by that file's own schema.
    if (!project || files.some((file) => file.has(inEnvironment) || file.has(path))) return []
    const isEnvironments = ['inventory', 'lab'].includes(key)
    return [{place: project.placeOf(isEnvironments ? inEnvironment : path), message: `${key}: missing`}]
  })
}
