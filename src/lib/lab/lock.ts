import {mkdir, open, readFile, rm} from 'node:fs/promises'
import {dirname} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {again} from '../again.ts'
import {identifyProcess, isRunning} from '../drivers/machine/processes.ts'
import {lockedError} from '../errors.ts'
import {labPaths} from './paths.ts'

/**
 * Runs the task while no other `pp` changes the same lab. A lock whose holder is gone is taken over.
 *
 * @throws PpError LAB_LOCKED after ten seconds.
 */
export async function withLabLock<T>(lab: string, task: () => Promise<T>): Promise<T> {
  const file = labPaths(lab).lock
  await mkdir(dirname(file), {recursive: true, mode: 0o700})
  await takeLock(lab, file)
  try {
    return await task()
  } finally {
    await rm(file, {force: true})
  }
}

async function takeLock(lab: string, file: string): Promise<void> {
  const self = await identifyProcess(process.pid)
  const end = performance.now() + 10_000
  for (;;) {
    const handle = await open(file, 'wx', 0o600).catch(() => undefined)
    if (handle) {
      await handle.writeFile(`${process.pid} ${self?.startTicks ?? 0}\n`)
      await handle.close()
      return
    }
    const [pid = 0, startTicks = 0] = (await readFile(file, 'utf8').catch(() => '')).split(' ').map(Number)
    // An empty file is a holder between its two calls: it gets the time to finish.
    if (pid > 0 && !(await isRunning({pid, startTicks}))) await rm(file, {force: true})
    else if (performance.now() > end) {
      if (pid === 0) await rm(file, {force: true})
      else throw heldBy(lab, pid)
    } else await sleep(100)
  }
}

const heldBy = (lab: string, pid: number) =>
  lockedError('LAB_LOCKED', {
    message: `Lab "${lab}" is being changed by process ${pid}.`,
    hint: `When it has ended: ${again()}`,
  })
