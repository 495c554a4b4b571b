// Incident behind it: a repository that hung for an hour, with an archive_command that waited for it: the primary's disk was
// full before anybody looked. And a backup that could be rolled forward to the failover, and not one second further.
import {afterEach, beforeEach, expect, test} from '@jest/globals'
import {type ChildProcess, spawn} from 'node:child_process'
import {chmod, mkdir, mkdtemp, readFile, readdir, rm, utimes, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import {playbooksFolder} from '../../src/lib/drivers/ansible/run-playbook.ts'

const script = join(playbooksFolder, 'roles/backup/files/push-wal')
const segment = (number: number, timeline = 1) => `0000000${timeline}00000000000000${number.toString(16).padStart(2, '0').toUpperCase()}`

/** Stands in for pgbackrest: notes what it is given, and fails with what the file "answer" says. */
const repository = `#!/bin/sh
for last; do :; done
[ ! -s "$0.answer" ] || { cat "$0.answer" >&2; exit 1; }
basename "$last" >> "$0.sent"
`

let folder: string
let running: ChildProcess | undefined
const path = (...names: string[]) => join(folder, ...names)

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pp-test-'))
  await mkdir(path('archive/pgbackrest'), {recursive: true})
  await mkdir(path('data/pg_wal'), {recursive: true})
  await writeFile(path('pgbackrest'), repository)
  await chmod(path('pgbackrest'), 0o755)
})
afterEach(async () => {
  running?.kill('SIGKILL')
  await rm(folder, {recursive: true, force: true})
})

async function archived(name: string, content = name): Promise<void> {
  await writeFile(path('archive', name), content)
  await writeFile(path('archive/pgbackrest', name), '')
}

function start(keepHours = 0): {readonly said: () => string} {
  running = spawn(script, ['main', path('archive'), path('data'), String(keepHours), path('pgbackrest')])
  let said = ''
  running.stderr?.on('data', (data) => (said += String(data)))
  return {said: () => said}
}

const sent = async (): Promise<string[]> =>
  (await readFile(path('pgbackrest.sent'), 'utf8').catch(() => '')).split('\n').filter(Boolean)
const waiting = () => readdir(path('archive/pgbackrest'))

async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  for (let look = 0; look < 200; look++) {
    if (await holds()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('it has not come to that')
}

test('what waits is sent in order, and waits no more', async () => {
  await archived(segment(2))
  await archived(segment(1))
  start()
  await until(async () => (await waiting()).length === 0)
  expect(await sent()).toEqual([segment(1), segment(2)])
})

test('a standby sends nothing: what is there is of its primary', async () => {
  await archived(segment(1))
  await writeFile(path('data/standby.signal'), '')
  start()
  await new Promise((resolve) => setTimeout(resolve, 1500))
  expect(await waiting()).toEqual([segment(1)])
  await rm(path('data/standby.signal'))
  await until(async () => (await waiting()).length === 0)
})

test('while the repository takes nothing all waits, which is said once; then all of it is sent', async () => {
  await writeFile(path('pgbackrest.answer'), 'ERROR: [049]: unable to connect')
  await archived(segment(1))
  await archived(segment(2))
  const {said} = start()
  await until(() => said() !== '')
  expect(await waiting()).toEqual([segment(1), segment(2)])
  await rm(path('pgbackrest.answer'))
  await until(async () => (await waiting()).length === 0)
  expect(said().match(/does not take/g)).toHaveLength(1)
  expect(said()).toContain('the repository takes WAL again')
})

test('a file that the repository has with other content keeps nothing else back', async () => {
  await archived(segment(1))
  await archived(segment(2))
  const refusing = `case "$last" in *${segment(1)}) echo 'ERROR: [045]: exists with a different checksum' >&2; exit 45;; esac`
  await writeFile(path('pgbackrest'), repository.replace('done\n', `done\n${refusing}\n`))
  const {said} = start()
  await until(async () => (await sent()).length > 0)
  expect(await sent()).toEqual([segment(2)])
  // Sent first, taken off the list a moment later.
  await until(async () => (await waiting()).length < 2)
  expect(await waiting()).toEqual([segment(1)])
  expect(said()).toContain(`${segment(1)} is not sent`)
})

test('after a failover the new primary archives what the old one had not: the archive has no hole', async () => {
  for (const name of [segment(1), segment(2), segment(3), segment(4), segment(3, 2)])
    await writeFile(path('data/pg_wal', name), Buffer.alloc(16 * 1024 * 1024, name))
  await archived(segment(1))
  await archived('00000002.history', '1\t0/3000200\tno recovery target specified\n')
  start()
  await until(async () => (await waiting()).length === 0)
  // The third is the one in which the timelines part: the new one has it too.
  expect(await readdir(path('archive'))).toEqual([segment(1), segment(2), '00000002.history', 'pgbackrest'])
  expect((await sent()).toSorted()).toEqual([segment(1), segment(2), '00000002.history'].toSorted())
})

test('what the repository has goes after its time; what waits, and where timelines part, stays', async () => {
  const old = new Date(Date.now() - 3 * 3_600_000)
  for (const name of [segment(1), segment(2), '00000002.history']) {
    await writeFile(path('archive', name), name)
    await utimes(path('archive', name), old, old)
  }
  await writeFile(path('archive', segment(3)), 'new')
  await writeFile(path('archive/pgbackrest', segment(2)), '')
  await writeFile(path('pgbackrest.answer'), 'ERROR: [049]: unable to connect')
  start(2)
  await until(async () => !(await readdir(path('archive'))).includes(segment(1)))
  expect(await readdir(path('archive'))).toEqual([segment(2), segment(3), '00000002.history', 'pgbackrest'])
})
