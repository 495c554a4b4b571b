// npm run check: everything that can be said about the sources without running them. Ends with 1 when one check fails.
import {spawn} from 'node:child_process'
import {existsSync} from 'node:fs'
import {glob, readFile} from 'node:fs/promises'
import path from 'node:path'
import {fileURLToPath} from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const node = process.execPath
const bin = (name) => path.join('node_modules', name)

const checks = [
  {title: 'lint', argv: [node, bin('eslint/bin/eslint.js'), '.']},
  {title: 'types', argv: [node, bin('typescript-7/bin/tsc'), '-p', '.']},
  {title: 'types of the page', argv: [node, bin('typescript-7/bin/tsc'), '-p', 'services/gateway/page']},
  {title: 'types of the load tests', argv: [node, bin('typescript-7/bin/tsc'), '-p', 'services/common/load']},
  {title: 'imports', argv: [node, 'scripts/imports.js']},
  {title: 'manifests', argv: [node, 'scripts/manifests.js']},
  {title: 'docs', argv: [node, 'scripts/docs.js', '--check']},
  {title: 'dashboards', argv: [node, 'scripts/dashboards.js', '--check']},
  {title: 'python', argv: ['python3', 'scripts/compile-python.py', ...(await pythonFiles())]},
  {
    title: 'playbooks',
    argv: ['ansible-playbook', '--syntax-check', '-i', 'inventories/lab', 'site.yml', 'kubernetes.yml'],
    cwd: 'playbooks/ansible',
  },
  {
    title: 'format',
    argv: [
      node,
      bin('prettier/bin/prettier.cjs'),
      '--check',
      '--cache',
      '--cache-strategy=content',
      '--log-level',
      'warn',
      '.',
    ],
  },
]

const queue = [...checks]
const failed = []
await Promise.all([worker(), worker()])
if (failed.length > 0) {
  console.error(`\n${failed.length} of ${checks.length} checks failed: ${failed.join(', ')}`)
  process.exitCode = 1
}

async function worker() {
  for (let check = queue.shift(); check; check = queue.shift()) await run(check)
}

async function run({title, argv, cwd = '.'}) {
  const folder = path.join(root, cwd)
  if (!existsSync(folder)) return
  const started = performance.now()
  const {status, output} = await outcome(argv, folder)
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  if (status === 0) return console.log(`✔ ${title}  ${seconds} s`)
  failed.push(title)
  console.log(`✖ ${title}  ${seconds} s\n${output}`)
}

function outcome([program, ...args], cwd) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {cwd, stdio: ['ignore', 'pipe', 'pipe']})
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data))
    child.on('error', (error) => resolve({status: 127, output: `${program}: ${error.message}`}))
    child.on('close', (status) => resolve({status, output}))
  })
}

/** Modules of the playbooks and programs that begin with a Python shebang. */
async function pythonFiles() {
  const files = await Array.fromAsync(glob('{playbooks,test,scripts}/**/*', {cwd: root, withFileTypes: true}))
  const names = files
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
  const isPython = await Promise.all(
    names.map(
      async (file) => file.endsWith('.py') || (!path.extname(file) && (await hasPythonShebang(file))),
    ),
  )
  return names.filter((_, index) => isPython[index]).map((file) => path.relative(root, file))
}

async function hasPythonShebang(file) {
  return (await readFile(file, 'utf8')).split('\n', 1)[0].match(/^#!.*python3/) !== null
}
