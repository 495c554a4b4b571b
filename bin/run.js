#!/usr/bin/env node
// Starts pp from dist/. Kept free of imports that a lone `pp --version` does not need.
const oldestNode = 24
const args = process.argv.slice(2)

if (Number.parseInt(process.versions.node) < oldestNode) runUnderLockedNode()
else if (args.length === 1 && args[0] === '--version') printVersion()
// A shell asks at every Tab: oclif is not loaded for it.
else if (args[0] === '__complete') runBuilt('complete.js')
else runBuilt('run.js')

function printVersion() {
  const {readFileSync} = builtin('fs')
  const {name, version} = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  console.log(`${name}/${version} ${process.platform}-${process.arch} node-${process.version}`)
}

function runUnderLockedNode() {
  import('./locked-node.js').then(({underLockedNode}) => underLockedNode())
}

function runBuilt(program) {
  const built = new URL(`../dist/${program}`, import.meta.url)
  if (!builtin('fs').existsSync(built)) {
    console.error('pp is not built yet. Try: npm run build (or bin/setup on a fresh machine).')
    process.exitCode = 5
    return
  }
  const cache = process.env.XDG_CACHE_HOME || `${process.env.HOME ?? '/root'}/.cache`
  builtin('module').enableCompileCache(`${cache}/pp/compile`)
  // .then() and not await: with a closed stdout a pending top-level await ends in exit 13, which means "human" here.
  import(built.href)
    .then(({main}) => main(args))
    // A connection that a failure left open must not keep pp alive.
    .then(() => process.exit())
}

/** Unlike an import, this does not load all that the module's exports would load later. */
function builtin(name) {
  return process.getBuiltinModule(name)
}
