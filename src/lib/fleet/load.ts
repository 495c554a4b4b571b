import {dirname, join, resolve} from 'node:path'

import {stateFolder} from '../folders.ts'
import {readInventory} from './inventory.ts'
import {fleetInvalid} from './issues.ts'
import {labFolder} from './lab-state.ts'
import type {Settings} from './schema.ts'
import {secretReference} from './secrets.ts'
import {resolveSettings, type FleetChoice} from './settings.ts'
import {
  notifyEvents,
  type Database,
  type Fleet,
  type Host,
  type NotifyHook,
  type PowerSwitch,
  type SecretReference,
  type SshSettings,
} from './types.ts'
import {defaultVoters, voterProblem} from './voters.ts'
import type {Issue, YamlFile} from './yaml-file.ts'

type DeclaredDatabase = Settings['databases'][string]

/**
 * The fleet of the chosen file and environment, with its hosts from the inventory. Reads files only: a lab need not be
 * up, and no secret is read yet.
 *
 * @throws PpError, exit 2, for everything that is wrong in the files: FLEET_INVALID, FLEET_NOT_FOUND,
 *   ENVIRONMENT_UNKNOWN, INVENTORY_UNREADABLE.
 */
export function loadFleet(choice: FleetChoice): Fleet {
  const {found, settings, project} = resolveSettings(choice)
  const folder = dirname(found.file)
  const hosts = readInventory(resolve(folder, settings.inventory))
  const secrets = settings.lab === undefined ? folder : join(labFolder(settings.lab), 'secrets')
  const issues: Issue[] = []
  const databases = Object.entries(settings.databases).map(([name, declared]) => {
    const context = {name, declared, hosts, folder, secrets}
    issues.push(...databaseIssues(context, settings, project))
    return databaseOf(context)
  })
  issues.push(...notifyIssues(settings, project))
  if (issues.length > 0) throw fleetInvalid(issues)
  return {
    name: settings.name,
    environment: settings.environment,
    isProtected: settings.protected,
    file: found.file,
    stateFolder: stateOf(settings),
    hosts,
    ssh: sshOf(settings, folder),
    databases,
    power: powerOf(settings, folder),
    notify: notifyOf(settings, folder, secrets),
    timings: settings.timings,
    lab: settings.lab,
  }
}

interface Context {
  readonly name: string
  readonly declared: DeclaredDatabase
  readonly hosts: readonly Host[]
  readonly folder: string
  readonly secrets: string
}

function databaseOf({name, declared, hosts, folder, secrets}: Context): Database {
  const members = hostsIn(hosts, declared.members)
  const poolers = declared.poolers === undefined ? [] : hostsIn(hosts, declared.poolers)
  const credential = ({user, password}: {user: string; password: string}) => ({
    user,
    password: secretReference(password, secrets),
  })
  const {caFile} = declared.tls
  return {
    name,
    engine: declared.engine,
    members,
    poolers,
    voters: declared.voters ?? defaultVoters(members, poolers),
    maintenanceDatabase: declared.maintenanceDatabase,
    applicationDatabases: declared.applicationDatabases,
    connect: declared.connect,
    tls: {mode: declared.tls.mode, caFile: caFile === undefined ? undefined : resolve(folder, caFile)},
    users: {admin: credential(declared.users.admin), probe: credential(declared.users.probe)},
    clientTimeoutSeconds: declared.clientTimeoutSeconds,
    maxLoss: declared.maxLoss ?? {bytes: 0, seconds: undefined},
    directClients: declared.directClients ?? true,
    synchronousModeStrict: declared.synchronousModeStrict ?? false,
  }
}

function databaseIssues(context: Context, settings: Settings, project: YamlFile): Issue[] {
  const {name, declared, hosts} = context
  const issue = (key: string, message: string): Issue => ({
    place: project.placeOf(placeOfKey(project, settings.environment, ['databases', name, key])),
    message: `databases.${name}.${key}: ${message}`,
  })
  const issues: Issue[] = []
  for (const key of ['members', 'poolers'] as const) {
    const group = declared[key]
    if (group !== undefined && hostsIn(hosts, group).length === 0) {
      issues.push(
        issue(key, `the inventory has no host in a group ${group}; its groups are ${groupsOf(hosts)}`),
      )
    }
  }
  const {voters} = databaseOf(context)
  const problem =
    issues.length === 0 ? voterProblem(voters, new Set(hosts.map((host) => host.name))) : undefined
  if (problem !== undefined) issues.push(issue('voters', problem))
  const hardLimit = hardLimitSeconds(declared.clientTimeoutSeconds)
  if (hardLimit <= settings.timings.guardSeconds) {
    issues.push(
      issue(
        'clientTimeoutSeconds',
        `${declared.clientTimeoutSeconds} s less 5 s is the guards' hard limit; it must be over guardSeconds ` +
          `(${settings.timings.guardSeconds} s)`,
      ),
    )
  }
  return issues
}

/** When a guard stops waiting, as far as the fleet file decides it: clients give up 5 seconds later. */
export const hardLimitSeconds = (clientTimeoutSeconds: number): number => clientTimeoutSeconds - 5

function placeOfKey(project: YamlFile, environment: string, path: readonly string[]): readonly string[] {
  const inEnvironment = ['environments', environment, ...path]
  return project.has(inEnvironment) ? inEnvironment : path
}

function sshOf(settings: Settings, folder: string): SshSettings {
  const {user, configFile} = settings.ssh
  if (configFile !== undefined) return {user, configFile: resolve(folder, configFile)}
  return {
    user,
    configFile: settings.lab === undefined ? undefined : join(labFolder(settings.lab), 'ssh_config'),
  }
}

function powerOf({fence}: Settings, folder: string): PowerSwitch | undefined {
  if (fence?.power === undefined) return undefined
  const placed = (argv: readonly string[]) => placedArguments(argv, folder)
  const {off, on, status} = fence.power
  return {off: placed(off), on: placed(on), status: placed(status)}
}

/** A program with a / in its name lies relative to the fleet file; others are looked for on PATH. */
const placedArguments = ([program = '', ...args]: readonly string[], folder: string): string[] => [
  program.includes('/') ? resolve(folder, program) : program,
  ...args,
]

const defaultNotifySeconds = 5

function notifyOf({notify = {}}: Settings, folder: string, secrets: string): NotifyHook[] {
  return Object.entries(notify).map(([name, {command, webhook, token, events, timeoutSeconds}]) => ({
    name,
    command: command && placedArguments(command, folder),
    webhook: webhook === undefined ? undefined : addressReference(webhook, secrets),
    token: token === undefined ? undefined : secretReference(token, secrets),
    events: events ?? notifyEvents,
    timeoutSeconds: timeoutSeconds ?? defaultNotifySeconds,
  }))
}

const addressReference = (webhook: string, secrets: string): SecretReference =>
  /^https?:/.test(webhook)
    ? {reference: webhook, read: () => Promise.resolve(webhook)}
    : secretReference(webhook, secrets)

function notifyIssues({notify = {}, environment}: Settings, project: YamlFile): Issue[] {
  return Object.entries(notify)
    .filter(([, {command, webhook}]) => (command === undefined) === (webhook === undefined))
    .map(([name]) => ({
      place: project.placeOf(placeOfKey(project, environment, ['notify', name])),
      message: `notify.${name}: needs either command or webhook`,
    }))
}

/** What is done in a lab goes with it: in another one of that name none of it has happened. */
function stateOf({name, environment, lab}: Settings): string {
  return join(lab === undefined ? stateFolder() : join(labFolder(lab), 'fleets'), name, environment)
}

const hostsIn = (hosts: readonly Host[], group: string): readonly string[] =>
  hosts.filter(({groups}) => groups.includes(group)).map(({name}) => name)

const groupsOf = (hosts: readonly Host[]): string =>
  [...new Set(hosts.flatMap(({groups}) => groups))].join(', ')
