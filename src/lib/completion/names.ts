import {createHash} from 'node:crypto'
import {existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync} from 'node:fs'
import {dirname, join} from 'node:path'

import {findFleetFile, userFleetFile} from '../fleet/find.ts'
import {labFolder} from '../fleet/lab-state.ts'
import {cacheFolder, stateFolder} from '../folders.ts'
import type {Candidate, NameKind} from './grammar.ts'

/** How long the names of a fleet are taken from before, where its file has not changed: its inventory may have. */
const keptMs = 60_000
/** More operations than this are not offered. */
const newestOperations = 20

/** What the names come from. */
interface Choice {
  readonly fleet?: string | undefined
  readonly env?: string | undefined
  readonly lab?: string | undefined
}

interface FleetNames {
  readonly stateFolder: string
  readonly databases: readonly string[]
  readonly drills: readonly string[]
  readonly environments: readonly string[]
  readonly hooks: readonly string[]
  readonly hosts: readonly string[]
  /** Hosts of databases. */
  readonly members: readonly string[]
  readonly services: readonly string[]
  readonly sites: readonly string[]
}

/** Names of one kind. @throws whatever is wrong with the fleet file. */
export async function namesOf(kind: NameKind, choice: Choice): Promise<readonly Candidate[]> {
  switch (kind) {
    case 'codes': {
      const {explanations} = await import('../explanations.ts')
      return Object.keys(explanations).map(plain)
    }
    case 'labs':
      return entriesOf(join(stateFolder(), 'labs')).map(plain)
    case 'labHosts':
      return labHosts(choice.lab ?? process.env.PP_LAB ?? 'default')
    case 'operations':
      return operationsIn(join((await fleetNames(choice)).stateFolder, 'operations'))
    case 'runs':
      return entriesOf(join((await fleetNames(choice)).stateFolder, 'drills'))
        .toReversed()
        .map(plain)
    default:
      return (await fleetNames(choice))[kind].map(plain)
  }
}

const plain = (word: string): Candidate => ({word})

/** Files only are read, and not even those where they are as they were a moment ago. */
async function fleetNames(choice: Choice): Promise<FleetNames> {
  const {file} = findFleetFile(choice.fleet, process.cwd(), process.env)
  const variables = Object.entries(process.env).filter(([name]) => name.startsWith('PP_'))
  const changed = [file, userFleetFile()].map((one) => (existsSync(one) ? statSync(one).mtimeMs : 0))
  const key = JSON.stringify([file, choice.env, variables.sort(), changed])
  const kept = join(cacheFolder(), 'names', createHash('sha256').update(key).digest('hex').slice(0, 16))
  if (existsSync(kept) && Date.now() - statSync(kept).mtimeMs < keptMs)
    return JSON.parse(readFileSync(kept, 'utf8')) as FleetNames
  const names = await readFleetNames(choice)
  mkdirSync(dirname(kept), {recursive: true})
  writeFileSync(`${kept}.${process.pid}`, JSON.stringify(names), {mode: 0o600})
  renameSync(`${kept}.${process.pid}`, kept)
  return names
}

async function readFleetNames({fleet: file, env: environment}: Choice): Promise<FleetNames> {
  const [{loadFleet}, {resolveSettings}] = await Promise.all([
    import('../fleet/load.ts'),
    import('../fleet/settings.ts'),
  ])
  const fleet = loadFleet({file, environment})
  const {databases, services, clusters, hosts, notify} = fleet
  return {
    stateFolder: fleet.stateFolder,
    databases: databases.map(({name}) => name),
    drills: entriesOf(join(dirname(fleet.file), 'playbooks/drills'))
      .filter((name) => name.endsWith('.yaml'))
      .map((name) => name.slice(0, -'.yaml'.length)),
    environments: resolveSettings({file, environment}).environments,
    hooks: notify.map(({name}) => name),
    hosts: hosts.map(({name}) => name),
    members: [...new Set(databases.flatMap(({members}) => members))],
    services: services.map(({name}) => name),
    sites: [...new Set(clusters.map(({site}) => site))],
  }
}

/** The newest first, with what they were about. */
const operationsIn = (folder: string): readonly Candidate[] =>
  entriesOf(folder)
    .toReversed()
    .slice(0, newestOperations)
    .map((word) => ({word, description: subjectOf(join(folder, word, 'journal.ndjson'))}))

function subjectOf(journal: string): string | undefined {
  if (!existsSync(journal)) return undefined
  const [line = '{}'] = readFileSync(journal, 'utf8').split('\n', 1)
  const {data} = JSON.parse(line) as {data?: {kind?: string; target?: string}}
  return data && `${data.kind ?? ''} of ${data.target ?? ''}`
}

function labHosts(lab: string): readonly Candidate[] {
  const record = join(labFolder(lab), 'lab.json')
  if (!existsSync(record)) return []
  const {hosts} = JSON.parse(readFileSync(record, 'utf8')) as {hosts: readonly {name: string}[]}
  return hosts.map(({name}) => ({word: name}))
}

const entriesOf = (folder: string): readonly string[] =>
  existsSync(folder) ? readdirSync(folder).sort() : []
