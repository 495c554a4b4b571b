// Runs npm run check and the projects of jest; ends with `N passed, N failed, N skipped`.
// Arguments name the projects to run instead of all, without the check.
import {spawn} from 'node:child_process'
import {mkdtemp, readFile, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {fileURLToPath} from 'node:url'
import {ensureBase} from '../src/lib/lab/base.ts'
import {ensureProgram} from '../src/lib/lab/cluster/build.ts'
import {versitygw} from '../src/lib/lab/cluster/programs.ts'
import {createProgress} from '../src/lib/output/progress.ts'
import {labOf} from '../test/in-lab/name.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const asked = process.argv.slice(2)
/** Hosts that wait leave room for a second lab, and no story asserts a time. */
const journeyWorkers = 2

const reports = await mkdtemp(path.join(tmpdir(), 'pp-test-'))
const total = {passed: 0, failed: 0, skipped: 0}
try {
  // Tests with real servers wait most of the time, so the check and the unit tests run beside them.
  await Promise.all([
    runIfAsked('servers', ['--maxWorkers=4']),
    checkSources()
      .then(() => runIfAsked('unit'))
      .then(() => runIfAsked('services', ['--maxWorkers=2'])),
  ])
  await runIfAsked('journeys', [`--maxWorkers=${journeyWorkers}`])
  if (asked.length === 0) await takeLabsDown()
} finally {
  await rm(reports, {recursive: true, force: true})
}
process.exitCode = total.failed === 0 ? 0 : 1
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)

async function checkSources() {
  if (asked.length > 0) return
  count((await run([process.execPath, 'scripts/check.js'])) === 0 ? {passed: 1} : {failed: 1})
}

async function runIfAsked(project, flags = []) {
  if (asked.length === 0 || asked.includes(project)) count(await runProject(project, flags))
}

async function runProject(project, flags) {
  if (project === 'services') await buildStore()
  const file = path.join(reports, `${project}.json`)
  const jest = ['node_modules/jest/bin/jest.js', '--selectProjects', project, '--passWithNoTests', ...flags]
  const status = await run(
    [
      ...(project === 'servers' ? await inBase() : []),
      process.execPath,
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      ...jest,
      '--json',
      `--outputFile=${file}`,
    ],
    // With --json jest prints its report on stdout as well, beside the file.
    ['inherit', 'ignore', 'inherit'],
  )
  const report = await readFile(file, 'utf8').then(JSON.parse, () => undefined)
  if (!report) return {failed: 1}
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites
  return {
    passed: report.numPassedTests,
    // Jest may fail for more than a test: an open handle, a wrong configuration.
    failed: failed === 0 && status !== 0 ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  }
}

/** Whoever runs projects one by one keeps the journeys' labs for the next time. */
async function takeLabsDown() {
  for (let worker = 1; worker <= journeyWorkers; worker++)
    await run(['bin/pp', 'lab', 'down', '--lab', labOf(worker)])
}

/** Only root may; what this machine lacks is skipped then, and each suite says what. */
async function inBase() {
  if (process.getuid() !== 0) return []
  const progress = createProgress()
  const base = await ensureBase(progress)
  await progress.end()
  return ['scripts/in-base.sh', base]
}

/** Before the tests and not by the first one that needs it: that takes minutes once. */
async function buildStore() {
  const progress = createProgress()
  await ensureProgram(versitygw, progress)
  await progress.end()
}

function count(result) {
  for (const [kind, number] of Object.entries(result)) total[kind] += number
}

function run(argv, stdio = 'inherit') {
  return new Promise((resolve) => {
    const [program, ...args] = argv
    const child = spawn(program, args, {cwd: root, stdio})
    child.on('error', () => resolve(127))
    child.on('close', (status) => resolve(status ?? 1))
  })
}
