// Bundles src/ into dist/: one entry a command, shared code in chunks, so that a command loads only what it uses.
// Then writes oclif.manifest.json, so that starting pp loads no command but the one that was typed.
import {build} from 'esbuild'
import {glob, mkdir, mkdtemp, readdir, rename, rm, stat, utimes, writeFile} from 'node:fs/promises'
import path from 'node:path'
import {fileURLToPath} from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = path.join(root, 'dist')

/** Programs of their own, beside the commands: started as `node dist/<same path>.js`. */
const programs = [
  'src/lib/lab/aws/reconciler.ts',
  'src/lib/lab/load-client.ts',
  'src/lib/drivers/notify/sender.ts',
]

/** A chunk that nothing uses any more is kept this long: a pp that is running may still import it. */
const keepChunksMs = 6 * 3600 * 1000

// CommonJS inside an ES module: bundled packages still call require and read __dirname.
const banner = `import {createRequire as __ppRequire} from 'node:module'
import {dirname as __ppDirname} from 'node:path'
import {fileURLToPath as __ppPath} from 'node:url'
const require = __ppRequire(import.meta.url), __filename = __ppPath(import.meta.url), __dirname = __ppDirname(__filename)`

const kubernetesClient = '@kubernetes/client-node'

const standIns = {
  name: 'stand-ins',
  setup(esbuild) {
    // A native addon that ssh2 does without.
    esbuild.onResolve({filter: /^cpu-features$/}, () => ({path: path.join(root, 'scripts/absent.js')}))
    esbuild.onResolve({filter: /^wsl-utils$/}, () => ({path: path.join(root, 'scripts/wsl-utils.js')}))
    esbuild.onResolve({filter: /^debug$/}, ({importer}) =>
      importer.includes('/node_modules/socks-proxy-agent/')
        ? {path: path.join(root, 'scripts/no-debug.js')}
        : undefined,
    )
    // Declares nothing itself, so a thousand classes of objects would come along with the part that reads a kubeconfig.
    esbuild.onResolve({filter: /./, namespace: 'file'}, async ({path: name, pluginData, ...from}) => {
      const isClient =
        name === kubernetesClient || from.importer.includes(`/node_modules/${kubernetesClient}/`)
      if (!isClient || pluginData === kubernetesClient) return undefined
      const found = await esbuild.resolve(name, {...from, pluginData: kubernetesClient})
      const isOwn = found.path.includes(`/node_modules/${kubernetesClient}/dist/`)
      return isOwn ? {...found, sideEffects: false} : found
    })
    esbuild.onResolve({filter: /^@oclif\/core$/}, ({importer}) =>
      importer.startsWith(path.join(root, 'src'))
        ? {path: path.join(root, 'scripts/oclif-core.js')}
        : undefined,
    )
  },
}

const shared = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  mainFields: ['module', 'main'],
  external: ['typescript', 'ts-node', 'pnpapi', 'pg-native', '*.node'],
  banner: {js: banner},
  plugins: [standIns],
  logLevel: 'warning',
}

const staging = await mkdtemp(path.join(root, '.build-'))
try {
  const commands = await Array.fromAsync(glob('src/{commands,hooks}/**/*.ts', {cwd: root}))
  await bundle(staging, ['src/run.ts', 'src/help.ts', ...commands, ...programs])
  // Apart: what it shared with the commands would fall into more files for them to load.
  await bundle(staging, ['src/complete.ts'])
  await bundleForClusters(staging)
  await publish(staging)
} finally {
  await rm(staging, {recursive: true, force: true})
}
await writeManifest()
await buildPage()

/** Programs that share what they have in common, and load the rest when they need it. */
async function bundle(outdir, entryPoints) {
  await build({
    absWorkingDir: root,
    entryPoints,
    outdir,
    outbase: 'src',
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    ...shared,
  })
}

/** What the image of pp holds: one file, which is another only when something in it is. */
async function bundleForClusters(outdir) {
  await build({
    absWorkingDir: root,
    entryPoints: {'give-back': 'src/lib/workload/give-back/main.ts'},
    outdir,
    ...shared,
  })
}

// File by file and chunks first: a pp started meanwhile finds either the old bundle or the new one.
async function publish(from) {
  const fresh = await filesOf(from)
  const chunksFirst = fresh.toSorted(
    (a, b) => Number(b.startsWith('chunks/')) - Number(a.startsWith('chunks/')),
  )
  for (const file of chunksFirst) {
    await mkdir(path.dirname(path.join(dist, file)), {recursive: true})
    await rename(path.join(from, file), path.join(dist, file))
    if (file.startsWith('chunks/')) await utimes(path.join(dist, file), new Date(), new Date())
  }
  const current = new Set(fresh)
  for (const file of await filesOf(dist)) {
    if (!current.has(file) && !(await isYoungChunk(file))) await rm(path.join(dist, file))
  }
}

async function isYoungChunk(file) {
  if (!file.startsWith('chunks/')) return false
  return Date.now() - (await stat(path.join(dist, file))).mtimeMs < keepChunksMs
}

async function filesOf(folder) {
  const entries = await readdir(folder, {recursive: true, withFileTypes: true})
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
}

async function writeManifest() {
  const {Config} = await import('@oclif/core/config')
  const config = new Config({root, ignoreManifest: true, errorOnManifestCreate: true})
  await config.load()
  const {manifest} = config.plugins.get(config.pjson.name)
  const target = path.join(root, 'oclif.manifest.json')
  await writeFile(`${target}.${process.pid}`, JSON.stringify(manifest, null, 1))
  await rename(`${target}.${process.pid}`, target)
}

/** What the gateway of the bundled services serves. */
async function buildPage() {
  const {build: viteBuild} = await import('vite')
  const page = path.join(root, 'services/gateway/page')
  await viteBuild({configFile: path.join(page, 'vite.config.ts'), logLevel: 'warn'})
}
