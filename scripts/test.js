// Runs npm run check, then the projects of jest one after the other; ends with `N passed, N failed, N skipped`.
import {spawn} from 'node:child_process'
import {mkdtemp, readFile, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {fileURLToPath} from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
// Journeys share the machine's lab, and what they time must not compete with another test.
const projects = [['unit'], ['journeys', '--runInBand']]

const reports = await mkdtemp(path.join(tmpdir(), 'pp-test-'))
const total = {passed: 0, failed: 0, skipped: 0}
try {
  count((await run(['scripts/check.js'])) === 0 ? {passed: 1} : {failed: 1})
  for (const [project, ...flags] of projects) count(await runProject(project, flags))
} finally {
  await rm(reports, {recursive: true, force: true})
}
process.exitCode = total.failed === 0 ? 0 : 1
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)

async function runProject(project, flags) {
  const file = path.join(reports, `${project}.json`)
  const jest = ['node_modules/jest/bin/jest.js', '--selectProjects', project, '--passWithNoTests', ...flags]
  const status = await run(
    [
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

function count(result) {
  for (const [kind, number] of Object.entries(result)) total[kind] += number
}

function run(argv, stdio = 'inherit') {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, argv, {cwd: root, stdio})
    child.on('error', () => resolve(127))
    child.on('close', (status) => resolve(status ?? 1))
  })
}
