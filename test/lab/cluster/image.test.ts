import {afterEach, beforeEach, expect, test} from '@jest/globals'
import {execa} from 'execa'
import {createHash} from 'node:crypto'
import {mkdtemp, readFile, readdir, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import {writeImage} from '../../../src/lib/lab/cluster/image.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pp-image-'))
  await writeFile(join(folder, 'hello'), '#!/bin/true\n', {mode: 0o755})
})
afterEach(() => rm(folder, {recursive: true}))

const part = async (archive: string, name: string) =>
  (await execa('tar', ['--extract', '--to-stdout', '--file', archive, name], {encoding: 'buffer'})).stdout

test('an image says what its layer holds, who runs it and what is started', async () => {
  const file = join(folder, 'hello.tar')
  await writeImage({name: 'pp.lab/hello:1', file}, join(folder, 'hello'))

  const manifest: unknown = JSON.parse(Buffer.from(await part(file, 'manifest.json')).toString())
  expect(manifest).toEqual([{Config: 'config.json', RepoTags: ['pp.lab/hello:1'], Layers: ['layer.tar']}])
  const layer = await part(file, 'layer.tar')
  expect(JSON.parse(Buffer.from(await part(file, 'config.json')).toString())).toMatchObject({
    os: 'linux',
    config: {Entrypoint: ['/hello'], User: '65532:65532'},
    rootfs: {diff_ids: [`sha256:${createHash('sha256').update(layer).digest('hex')}`]},
  })
  const {stdout} = await execa('tar', ['--list', '--verbose', '--numeric-owner'], {input: layer})
  expect(stdout).toMatch(/^-rwxr-xr-x 0\/0 .* hello$/)
})

test('the same program makes the same image, and nothing is left beside it', async () => {
  const archives = ['one.tar', 'other.tar'].map((name) => join(folder, name))
  for (const file of archives) await writeImage({name: 'pp.lab/hello:1', file}, join(folder, 'hello'))
  const [one, other] = await Promise.all(archives.map((file) => readFile(file)))
  expect(one!.equals(other!)).toBe(true)
  expect(await readdir(folder)).toEqual(['hello', 'one.tar', 'other.tar'])
})
