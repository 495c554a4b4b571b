// bin/: a Node that is too old, a closed pipe, a package that was not built.
import {afterAll, beforeAll, describe, expect, test} from '@jest/globals'
import {execa} from 'execa'
import {chmod, cp, mkdir, mkdtemp, rm, symlink, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import {packageRoot} from '../../src/lib/package-root.ts'

const env = {NODE_OPTIONS: ''}

test('a closed pipe is no failure', async () => {
  const {exitCode, stderr} = await execa(
    'bash',
    ['-c', 'set -o pipefail; "$0" "$1" --help | head -1', process.execPath, join(packageRoot, 'bin/run.js')],
    {reject: false, env},
  )
  expect({exitCode, stderr}).toEqual({exitCode: 0, stderr: ''})
})

test('bin/pp runs from anywhere, also through a symbolic link', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pp-link-'))
  try {
    await symlink(join(packageRoot, 'bin/pp'), join(folder, 'pp'))
    const {stdout} = await execa(join(folder, 'pp'), ['--version'], {cwd: folder, env})
    expect(stdout).toMatch(/^pp\/\d+\.\d+\.\d+ linux-\w+ node-v24\./)
  } finally {
    await rm(folder, {recursive: true})
  }
})

describe('in a folder without dist/ and packages', () => {
  let folder: string
  const run = (...node: readonly string[]) =>
    execa(process.execPath, [...node, join(folder, 'bin/run.js'), 'status'], {reject: false, env})
  const oldNode = [
    '--import',
    `data:text/javascript,Object.defineProperty(process.versions,'node',{value:'20.1.0'})`,
  ]

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pp-bare-'))
    await cp(join(packageRoot, 'bin'), join(folder, 'bin'), {recursive: true})
    await cp(join(packageRoot, 'package.json'), join(folder, 'package.json'))
  })
  afterAll(() => rm(folder, {recursive: true}))

  test('pp says in one line that it is not built, and exits 5', async () => {
    const {exitCode, stderr} = await run()
    expect(exitCode).toBe(5)
    expect(stderr).toBe('pp is not built yet. Try: npm run build (or bin/setup on a fresh machine).')
  })

  test('a Node that is too old, with no locked one, says what to do and exits 5', async () => {
    const {exitCode, stderr} = await run(...oldNode)
    expect(exitCode).toBe(5)
    expect(stderr).toContain('Try: npm ci')
  })

  test('a Node that is too old hands over to the locked one, with its arguments and exit status', async () => {
    const node = join(folder, 'node_modules/.bin/node')
    await mkdir(join(folder, 'node_modules/.bin'), {recursive: true})
    await writeFile(node, '#!/bin/sh\necho "locked: ${2}"\nexit 12\n')
    await chmod(node, 0o755)
    const {exitCode, stdout} = await run(...oldNode)
    expect({exitCode, stdout}).toEqual({exitCode: 12, stdout: 'locked: status'})
  })
})
