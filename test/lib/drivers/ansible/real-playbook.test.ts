import {afterEach, beforeEach, describe, expect, test} from '@jest/globals'
import {execFileSync} from 'node:child_process'
import {mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile} from 'node:fs/promises'
import {tmpdir, userInfo} from 'node:os'
import {join} from 'node:path'
import type {PlaybookEvent} from '../../../../src/lib/drivers/ansible/events.ts'
import {playbooksFolder, runPlaybook} from '../../../../src/lib/drivers/ansible/run-playbook.ts'

// The real ansible-playbook against this machine, so that the event plugin and its reader are proved on each other.

const sentinel = 'sentinel-5f1c'
const fixtures = join(import.meta.dirname, '../../../fixtures/playbooks')

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pp-test-'))
  await writeFile(join(folder, 'kept'), 'old\n')
})
afterEach(() => rm(folder, {recursive: true, force: true}))

async function runLocal(
  variables: object = {},
  {playbook = 'local.yml', ...options}: {check?: boolean; playbook?: string} = {},
) {
  const events: PlaybookEvent[] = []
  const owner = userInfo().username
  const group = execFileSync('id', ['-gn'], {encoding: 'utf8'}).trim()
  const vars = {who: 'operator', folder, owner, group, password: sentinel, ...variables}
  await writeFile(join(folder, 'vars.json'), JSON.stringify(vars))
  await writeFile(join(folder, 'hosts.yaml'), 'all: {hosts: {localhost: {}}}\n')
  const environment = {
    ANSIBLE_LIBRARY: join(playbooksFolder, 'library'),
    ANSIBLE_LOOKUP_PLUGINS: join(playbooksFolder, 'lookup_plugins'),
    ANSIBLE_LOCALHOST_WARNING: '0',
  }
  const run = runPlaybook({
    inventory: join(folder, 'hosts.yaml'),
    playbook: join(fixtures, playbook),
    extraVarsFile: join(folder, 'vars.json'),
    environment,
    ...options,
    onEvent: (event) => events.push(event),
  })
  return {events, outcome: await run.catch((error: unknown) => error)}
}

test('a run tells what it changed, and a second one that nothing is left to change', async () => {
  const first = await runLocal()
  expect(first.outcome).toMatchObject({
    hosts: {localhost: {changed: 1, failed: 0}},
    changes: [{task: 'Write', details: [join(folder, 'plain'), join(folder, 'hidden')]}],
    notices: [{host: 'localhost', message: 'hello operator'}],
  })
  expect(await readFile(join(folder, 'hidden'), 'utf8')).toBe(`${sentinel}\n`)
  expect((await stat(join(folder, 'hidden'))).mode & 0o777).toBe(0o600)
  expect(await readFile(join(folder, 'kept'), 'utf8')).toBe('old\n')
  expect((await runLocal()).outcome).toMatchObject({changes: []})
}, 60_000)

test('a dry run names what would change and writes nothing', async () => {
  const {outcome} = await runLocal({}, {check: true})
  expect(outcome).toMatchObject({changes: [{details: [join(folder, 'plain'), join(folder, 'hidden')]}]})
  await expect(stat(join(folder, 'plain'))).rejects.toThrow('ENOENT')
}, 60_000)

test('a task that handles secrets fails without showing them', async () => {
  const {events, outcome} = await runLocal({fails: true})
  expect(outcome).toMatchObject({
    code: 'ANSIBLE_FAILED',
    message: expect.stringContaining('output is hidden'),
  })
  expect(JSON.stringify(events)).not.toContain(sentinel)
}, 60_000)

test('a loop that fails names what each of its items says', async () => {
  const {outcome} = await runLocal({fails_in_loop: true})
  expect(outcome).toMatchObject({message: expect.stringContaining('bad a; bad b')})
}, 60_000)

describe('a program of several files', () => {
  const tool = `#!/bin/sh
exec python3 -ISB -c 'import sys; sys.path.insert(0, sys.argv[1]); import words.said' "$(dirname "$(readlink "$0")")"
`
  const put = async (said: string, options: {check?: boolean} = {}) => {
    const source = join(folder, 'source')
    await mkdir(join(source, 'words'), {recursive: true})
    await writeFile(join(source, 'tool'), tool)
    await writeFile(join(source, 'words/__init__.py'), '')
    // Nothing in it is a template.
    await writeFile(join(source, 'words/said.py'), `print('${said} {{ "\\x7b" }} {% of %}')\n`)
    const {outcome} = await runLocal({}, {playbook: 'program.yml', ...options})
    if (outcome instanceof Error) throw outcome
    return (outcome as {changes: unknown[]}).changes
  }
  const says = () => execFileSync(join(folder, 'bin/tool'), {encoding: 'utf8'}).trim()
  const versions = () => readdir(join(folder, 'lib'))

  beforeEach(async () => {
    await mkdir(join(folder, 'bin'))
    await mkdir(join(folder, 'lib'))
  })

  test('takes the place of a single file as a whole, with byte-code; again changes nothing', async () => {
    await writeFile(join(folder, 'bin/tool'), 'the one file of before')
    expect(await put('one', {check: true})).toMatchObject([{task: 'Program'}])
    expect(await versions()).toEqual([])
    expect(await put('one')).toMatchObject([{details: [join(folder, 'bin/tool')]}])
    expect(says()).toBe('one {{ "{" }} {% of %}')
    const [version] = await versions()
    const cached = await readdir(join(folder, 'lib', version!, 'words/__pycache__'))
    expect(cached).toHaveLength(2)
    expect(await put('one')).toEqual([])
    expect(await put('one', {check: true})).toEqual([])
  }, 120_000)

  test('keeps the version before for what still runs, and none older', async () => {
    for (const said of ['one', 'two', 'three']) await put(said)
    expect(says()).toBe('three {{ "{" }} {% of %}')
    expect(await versions()).toHaveLength(2)
    await put('two')
    expect(says()).toBe('two {{ "{" }} {% of %}')
  }, 120_000)

  test('that somebody has changed by hand says so at once, and is mended', async () => {
    await put('one')
    const [version] = await versions()
    const module = join(folder, 'lib', version!, 'words/said.py')
    const {mtime, atime} = await stat(module)
    await writeFile(module, (await readFile(module, 'utf8')).replace('one', 'two'))
    await utimes(module, atime, mtime)
    await writeFile(join(folder, 'lib', version!, 'words/more.py'), '')
    expect(says()).toBe('two {{ "{" }} {% of %}')
    expect(await put('one')).toMatchObject([{task: 'Program'}])
    expect(says()).toBe('one {{ "{" }} {% of %}')
    expect(await put('one')).toEqual([])
  }, 120_000)
})
