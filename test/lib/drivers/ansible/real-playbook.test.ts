import {afterEach, beforeEach, expect, test} from '@jest/globals'
import {execFileSync} from 'node:child_process'
import {mkdtemp, readFile, rm, stat, writeFile} from 'node:fs/promises'
import {tmpdir, userInfo} from 'node:os'
import {join} from 'node:path'
import type {PlaybookEvent} from '../../../../src/lib/drivers/ansible/events.ts'
import {playbooksFolder, runPlaybook} from '../../../../src/lib/drivers/ansible/run-playbook.ts'

// The real ansible-playbook against this machine, so that the event plugin and its reader are proved on each other.

const sentinel = 'sentinel-5f1c'
const playbook = join(import.meta.dirname, '../../../fixtures/playbooks/local.yml')

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pp-test-'))
  await writeFile(join(folder, 'kept'), 'old\n')
})
afterEach(() => rm(folder, {recursive: true, force: true}))

async function runLocal(variables: object = {}, options: {check?: boolean} = {}) {
  const events: PlaybookEvent[] = []
  const owner = userInfo().username
  const group = execFileSync('id', ['-gn'], {encoding: 'utf8'}).trim()
  const vars = {who: 'operator', folder, owner, group, password: sentinel, ...variables}
  await writeFile(join(folder, 'vars.json'), JSON.stringify(vars))
  await writeFile(join(folder, 'hosts.yaml'), 'all: {hosts: {localhost: {}}}\n')
  const environment = {ANSIBLE_LIBRARY: join(playbooksFolder, 'library'), ANSIBLE_LOCALHOST_WARNING: '0'}
  const run = runPlaybook({
    inventory: join(folder, 'hosts.yaml'),
    playbook,
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
