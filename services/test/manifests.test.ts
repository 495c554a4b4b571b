// The check of the manifests has to see what the API server would refuse.
import {spawnSync} from 'node:child_process'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'

import {afterEach, beforeEach, expect, test} from '@jest/globals'

import {manifests, programPath} from '../../src/lib/lab/cluster/programs.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'pp-manifests-'))
  await writeFile(path.join(folder, 'kustomization.yaml'), 'resources: [object.yaml]\n')
})
afterEach(() => rm(folder, {recursive: true}))

async function check(object: string): Promise<{status: number | null; said: string}> {
  await writeFile(path.join(folder, 'object.yaml'), object)
  const {status, stdout} = spawnSync(programPath(manifests), [folder], {encoding: 'utf8'})
  return {status, said: stdout}
}

const service = (spec: string) => `apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: ${spec}\n`
const scaled = (spec: string) =>
  `apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: a}\nspec: ${spec}\n`

test('what is as it should be is counted', async () => {
  expect(await check(service('{ports: [{port: 80}]}'))).toEqual({status: 0, said: 'objects: 1\n'})
})

test.each([
  ['a field that does not exist', service('{port: [{port: 80}]}'), /unknown field "spec\.port"/],
  ['a value of another type', service('{ports: [{port: eighty}]}'), /port/],
  ['a field of KEDA that does not exist', scaled('{maxReplicas: 3}'), /unknown field "spec\.maxReplicas"/],
  ['a kind that nobody knows', 'apiVersion: v1\nkind: Servce\nmetadata: {name: a}\n', /Servce/],
  ['a kustomization that cannot be built', 'kind: [', /object\.yaml/],
])('%s is refused by name', async (_, object, named) => {
  const {status, said} = await check(object)
  expect(status).toBe(1)
  expect(said).toMatch(named)
})
