import {existsSync} from 'node:fs'
import {rm, rmdir} from 'node:fs/promises'
import {dirname} from 'node:path'
import {checkClaim, releaseClaim} from './claim.ts'
import {withLabLock} from './lock.ts'
import {claimFile} from './names.ts'
import {labPaths} from './paths.ts'
import {remainsOf, removeRemains} from './remains.ts'

/**
 * Removes a lab with its disks, whatever state it is in: running, half made, or known only by what a crash left.
 *
 * @returns false when there was nothing to remove.
 * @throws PpError LAB_OWNED_ELSEWHERE.
 */
export async function labDown(lab: string): Promise<boolean> {
  const {state} = labPaths(lab)
  return withLabLock(lab, async () => {
    await checkClaim(lab)
    const existed = existsSync(state) || (await remainsOf(lab)).length > 0
    await removeRemains(lab)
    await rm(state, {recursive: true, force: true})
    await releaseClaim(lab)
    // Folders that other labs need stay: rmdir refuses when they are not empty.
    await rmdir(dirname(claimFile(lab))).catch(() => undefined)
    return existed
  })
}
