import {existsSync} from 'node:fs'
import {mkdir, readFile, rm, writeFile} from 'node:fs/promises'
import {dirname} from 'node:path'
import {refusal} from '../errors.ts'
import {claimFile} from './names.ts'
import {labPaths} from './paths.ts'

/**
 * Says which state folder a lab's name belongs to on this machine: namespaces and groups carry the name only.
 *
 * A claim whose folder is gone (a deleted home, a test's temporary folder) is nobody's and is taken.
 *
 * @throws PpError LAB_OWNED_ELSEWHERE.
 */
export async function claimLab(lab: string): Promise<void> {
  await checkClaim(lab)
  await mkdir(dirname(claimFile(lab)), {recursive: true})
  await writeFile(claimFile(lab), `${labPaths(lab).state}\n`)
}

export async function checkClaim(lab: string): Promise<void> {
  const owner = (await readFile(claimFile(lab), 'utf8').catch(() => '')).trim()
  if (owner === '' || owner === labPaths(lab).state || !existsSync(owner)) return
  throw refusal('LAB_OWNED_ELSEWHERE', {
    message: `Lab "${lab}" on this machine belongs to ${owner}.`,
    hint: 'Choose another name, as in: PP_LAB=mine pp lab up',
  })
}

export async function releaseClaim(lab: string): Promise<void> {
  await rm(claimFile(lab), {force: true})
}
