import {afterEach, beforeEach, expect, test} from '@jest/globals'
import {execFile} from 'node:child_process'
import {mkdir, mkdtemp, readFile, readdir, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import {playbooksFolder} from '../../src/lib/drivers/ansible/run-playbook.ts'

const script = join(playbooksFolder, 'roles/postgres/files/archive-wal')
const name = '000000010000000000000001'

let folder: string
let archive: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pp-test-'))
  archive = join(folder, "an archive's place")
  await mkdir(archive)
  await writeFile(join(folder, 'segment'), 'content of the segment')
})
afterEach(() => rm(folder, {recursive: true, force: true}))

const keep = (source: string, ...queue: string[]): Promise<{status: number; stderr: string}> =>
  new Promise((resolve) => {
    execFile(script, [join(folder, source), name, archive, ...queue], (error, _stdout, stderr) => {
      resolve({status: error ? Number(error.code) : 0, stderr})
    })
  })

test('a segment is kept under its name, and keeping it again is no error', async () => {
  expect(await keep('segment')).toMatchObject({status: 0})
  expect(await keep('segment')).toMatchObject({status: 0})
  expect(await readdir(archive)).toEqual([name])
  expect(await readFile(join(archive, name), 'utf8')).toBe('content of the segment')
})

test('other content under the same name is refused, and what is kept stays as it was', async () => {
  await keep('segment')
  await writeFile(join(folder, 'other'), 'another history')
  const refused = await keep('other')
  expect(refused).toMatchObject({status: 1, stderr: expect.stringContaining('exists with other content')})
  expect(await readFile(join(archive, name), 'utf8')).toBe('content of the segment')
})

test('a failed copy leaves nothing in the archive', async () => {
  expect((await keep('missing')).status).not.toBe(0)
  expect(await readdir(archive)).toEqual([])
})

test('two servers that keep the same segment at once both succeed', async () => {
  const ended = await Promise.all([1, 2, 3, 4].map(() => keep('segment')))
  expect(ended.map(({status}) => status)).toEqual([0, 0, 0, 0])
  expect(await readdir(archive)).toEqual([name])
})

test('with a queue, what the repository lacks is named there, also when the same segment comes again', async () => {
  const queue = join(archive, 'pgbackrest')
  await mkdir(queue)
  expect(await keep('segment', queue)).toMatchObject({status: 0})
  expect(await readdir(queue)).toEqual([name])
  await rm(join(queue, name))
  expect(await keep('segment', queue)).toMatchObject({status: 0})
  expect(await readdir(queue)).toEqual([name])
})

test('what is not kept is not named', async () => {
  const queue = join(archive, 'pgbackrest')
  await mkdir(queue)
  await keep('segment')
  await writeFile(join(folder, 'other'), 'another history')
  expect((await keep('other', queue)).status).toBe(1)
  expect((await keep('missing', queue)).status).toBe(1)
  expect(await readdir(queue)).toEqual([])
})
