// Start-up is kept short by loading little; times vary with the machine, the files that are loaded do not.
import {expect, test} from '@jest/globals'
import {execa} from 'execa'
import {mkdtemp, readFile, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'

import {packageRoot} from '../../src/lib/package-root.ts'

/** Files that pp loads for a command line, as they lie in the package. */
async function loadedBy(...argv: readonly string[]): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'pp-modules-'))
  const list = join(folder, 'modules')
  try {
    const hook = join(packageRoot, 'test/fixtures/list-modules.js')
    await execa(process.execPath, ['--import', hook, join(packageRoot, 'bin/run.js'), ...argv], {
      reject: false,
      env: {PP_TEST_MODULES: list, NODE_OPTIONS: ''},
    })
    const urls = (await readFile(list, 'utf8')).trim().split('\n')
    return urls.map((url) => fileURLToPath(url).slice(packageRoot.length + 1))
  } finally {
    await rm(folder, {recursive: true})
  }
}

/** Packages whose code is in the loaded chunks; esbuild marks each bundled file with its path. */
async function packagesIn(files: readonly string[]): Promise<Set<string>> {
  const texts = await Promise.all(files.map((file) => readFile(join(packageRoot, file), 'utf8')))
  const marks = texts.flatMap((text) => [...text.matchAll(/^\/\/ node_modules\/((?:@[^/]+\/)?[^/\n]+)/gm)])
  return new Set(marks.map(([, name]) => name!))
}

test('pp --version loads one file', async () => {
  expect(await loadedBy('--version')).toEqual(['bin/run.js'])
})

test('a small command loads at most 17 files, all of them from the bundle', async () => {
  const files = await loadedBy('explain', 'USAGE')
  expect(files.length).toBeLessThanOrEqual(17)
  expect(files.filter((file) => file.startsWith('node_modules/'))).toEqual([])
})

const heavy = [
  'zod',
  'yaml',
  'pg',
  'ssh2',
  'node-ssh',
  'execa',
  'listr2',
  'inquirer',
  'temporal-polyfill',
  'croner',
  '@kubernetes/client-node',
]

test.each([
  {argv: ['explain', 'USAGE'], mayLoad: []},
  {argv: ['failover', 'db', '--help'], mayLoad: []},
  {argv: ['config', 'explain'], mayLoad: ['zod', 'yaml']},
  {argv: ['drill', 'list'], mayLoad: ['zod', 'yaml']},
  {argv: ['drill', 'show', 'dr'], mayLoad: ['zod', 'yaml']},
  {argv: ['why', '--help'], mayLoad: []},
  {argv: ['logs', '--help'], mayLoad: []},
  {argv: ['services', 'nothing-like-it'], mayLoad: ['zod', 'yaml']},
  {argv: ['no-such-command'], mayLoad: []},
])('pp $argv loads none of the heavy packages but $mayLoad', async ({argv, mayLoad}) => {
  const packages = await packagesIn(await loadedBy(...argv))
  expect(packages).toContain('@oclif/core')
  expect(heavy.filter((name) => packages.has(name))).toEqual(mayLoad)
})
