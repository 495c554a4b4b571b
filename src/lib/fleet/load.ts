import {dirname, join, resolve} from 'node:path'

import {stateFolder} from '../folders.ts'
import {readInventory} from './inventory.ts'
import {fleetInvalid} from './invalid.ts'
import {labFolder, labPrometheus} from './lab-state.ts'
import type {Settings} from './schema.ts'
import {clustersOf, serviceIssues, servicesOf} from './workloads.ts'
import {hookIssues, hooksOf} from './notify.ts'
import {placeOfKey} from './place-of-key.ts'
import {placedArguments} from './placed-arguments.ts'
import {secretReference, secretsFolder} from './secrets.ts'
import {resolveSettings, type FleetChoice} from './settings.ts'
import type {Database, Fleet, Host, PowerSwitch, SshSettings} from './types.ts'
import {defaultVoters, voterProblem} from './voters.ts'
import type {Issue, YamlFile} from '../yaml/yaml-file.ts'

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
  const secrets = secretsFolder(settings.lab, folder)
  const issues: Issue[] = []
  const databases = Object.entries(settings.databases).map(([name, declared]) => {
    const context = {name, declared, hosts, folder, secrets}
    issues.push(...databaseIssues(context, settings, project))
    return databaseOf(context)
  })
  issues.push(...notifyIssues(settings, project), ...serviceIssues(settings, project))
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
    services: servicesOf(settings),
    clusters: clustersOf(settings, folder),
    prometheus: settings.prometheus ?? (settings.lab === undefined ? undefined : labPrometheus(settings.lab)),
    power: powerOf(settings, folder),
    notify: hooksOf(settings.notify ?? {}, {folder, secrets}),
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
  const {backup} = declared
  const [repository] = backup === undefined ? [] : hostsIn(hosts, backup.repository)
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
    backup: repository === undefined ? undefined : {host: repository, maxAgeHours: backup?.maxAgeHours},
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
  if (declared.backup !== undefined) {
    const {repository} = declared.backup
    const count = hostsIn(hosts, repository).length
    if (count !== 1)
      issues.push(
        issue(
          'backup',
          `one host keeps the backups; the inventory has ${count} in a group ${repository}; its groups are ${groupsOf(hosts)}`,
        ),
      )
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

const notifyIssues = ({notify = {}, environment}: Settings, project: YamlFile): Issue[] =>
  hookIssues(notify, (path) => project.placeOf(placeOfKey(project, environment, path)))

/** What is done in a lab goes with it: in another one of that name none of it has happened. */
function stateOf({name, environment, lab}: Settings): string {
  return join(lab === undefined ? stateFolder() : join(labFolder(lab), 'fleets'), name, environment)
}

const hostsIn = (hosts: readonly Host[], group: string): readonly string[] =>
  hosts.filter(({groups}) => groups.includes(group)).map(({name}) => name)

const groupsOf = (hosts: readonly Host[]): string =>
  [...new Set(hosts.flatMap(({groups}) => groups))].join(', ')
