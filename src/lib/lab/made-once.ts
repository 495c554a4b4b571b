import {existsSync} from 'node:fs'
import {mkdir, readdir, rename, rm} from 'node:fs/promises'
import {basename, dirname, join} from 'node:path'
import {identifyProcess} from '../drivers/machine/processes.ts'

/**
 * A folder of the cache that is expensive to make: made beside its place and renamed, so that an interrupted run is never
 * taken for a whole one.
 */
export async function makeOnce(folder: string, make: (making: string) => Promise<void>): Promise<void> {
  if (existsSync(folder)) return
  await mkdir(dirname(folder), {recursive: true})
  await removeLeftovers(dirname(folder))
  const making = join(dirname(folder), `${basename(folder)}.making-${process.pid}`)
  await make(making)
  await rename(making, folder).catch(async (error: unknown) => {
    // Somebody else was quicker: theirs is the same.
    await rm(making, {recursive: true, force: true})
    if (!existsSync(folder)) throw error
  })
}

/** What killed runs left half made. */
async function removeLeftovers(parent: string): Promise<void> {
  for (const entry of await readdir(parent)) {
    const pid = /\.making-(\d+)$/.exec(entry)?.[1]
    if (pid !== undefined && !(await identifyProcess(Number(pid)))) {
      await rm(join(parent, entry), {recursive: true, force: true})
    }
  }
}
