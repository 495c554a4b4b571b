// Imports point one way (docs/contributing.md): commands → concepts → drivers → errors, fleet types.
// Whatever a planner imports, directly or not, cannot touch the world. And nothing imports itself by way of others.
import {glob, readFile} from 'node:fs/promises'
import path from 'node:path'
import {fileURLToPath} from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const concepts = ['database', 'workload', 'rollout', 'traffic', 'environment', 'fault', 'lab', 'drill']

/** Pure by promise: the same answer for the same arguments, and no way to reach a host, a file or the clock. */
const isPlanner = (file) =>
  /^src\/lib\/(?!drivers\/|lab\/|fault\/)[^/]+\/(.*\/)?(plan[^/]*|types)\.ts$/.test(file) ||
  file.startsWith('src/lib/database/switchover/')
const pureBuiltins = new Set(['node:util', 'node:crypto', 'node:stream'])

const sources = new Map()
for await (const file of glob('{src,test}/**/*.ts', {cwd: root}))
  sources.set(file, importsOf(file, await readSource(file)))

const complaints = []
for (const [file, imports] of sources) {
  for (const {target} of imports) {
    const reason = file.startsWith('src/') && wrongWay(layerOf(file), layerOf(target))
    if (reason) complaints.push(`${file} imports ${target}: ${reason}`)
  }
  if (isPlanner(file)) {
    const way = shortestWay(file, isImpure)
    if (way) complaints.push(`${way.join(' → ')}: a planner must not reach the outside world`)
  }
  const cycle = shortestWay(file, (target) => target === file)
  // Once, and not for every file that is in it.
  if (cycle?.every((other) => file <= other)) complaints.push(`${cycle.join(' → ')}: a cycle`)
}
for (const complaint of complaints) console.error(complaint)
if (complaints.length > 0) process.exitCode = 1

async function readSource(file) {
  return readFile(path.join(root, file), 'utf8')
}

function importsOf(file, source) {
  const statements = source.matchAll(
    /^(?:import|export)\s+(type\s)?(?:[^'"`;]*?\sfrom\s+)?'([^']+)'|\b(await\s)?import\('([^']+)'\)/gm,
  )
  return [...statements].map(([, type, fixed, , lazy]) => {
    const name = fixed ?? lazy
    const target = name.startsWith('.') ? path.join(path.dirname(file), name) : name
    return {target, isType: Boolean(type)}
  })
}

/**
 * `command`, `composition` (puts concepts together for several commands), `drivers`, the name of a concept, or `base` for
 * errors, fleet, output and what all may use.
 */
function layerOf(file) {
  if (!file.startsWith('src/')) return 'package'
  if (/^src\/lib\/(operations|[^/]+-command)\.ts$/.test(file)) return 'composition'
  if (file.startsWith('src/commands/')) return 'command'
  const folder = /^src\/lib\/([^/]+)\//.exec(file)?.[1]
  return ['drivers', 'operation', ...concepts].includes(folder) ? folder : 'base'
}

function wrongWay(from, to) {
  if (to === 'drill' && !['command', 'composition', 'drill'].includes(from))
    return 'no concept imports drills'
  if (to === 'command' && from !== 'command') return 'only the start of pp knows commands'
  if (to === 'composition' && !['command', 'composition'].includes(from))
    return 'only commands use what puts concepts together'
  if (from === 'drivers' && !['base', 'drivers', 'package'].includes(to)) return 'a driver knows no concept'
  if (from === 'base' && ['operation', ...concepts].includes(to)) return 'what all share knows no concept'
  if (from === 'base' && to === 'drivers') return 'what all share talks to no system'
  if (from === 'operation' && concepts.includes(to))
    return 'operation/ knows no concept; each registers its kind'
  return undefined
}

/** The shortest chain of imports (types aside) from a file to what is looked for; undefined when there is none. */
function shortestWay(start, isFound) {
  const ways = [[start]]
  const seen = new Set([start])
  for (let way = ways.shift(); way; way = ways.shift()) {
    for (const {target, isType} of sources.get(way.at(-1)) ?? []) {
      if (isType) continue
      if (isFound(target)) return [...way, target]
      if (seen.has(target)) continue
      seen.add(target)
      ways.push([...way, target])
    }
  }
  return undefined
}

function isImpure(target) {
  if (target.startsWith('node:')) return !pureBuiltins.has(target)
  if (target.startsWith('src/')) return target.startsWith('src/lib/drivers/') && !/\/types\.ts$/.test(target)
  return target !== 'zod'
}
