import {readFile, readdir} from 'node:fs/promises'
import {setTimeout as sleep} from 'node:timers/promises'

/**
 * Processes of this machine that have the mark in their arguments or in the environment they were started with.
 *
 * A process group misses those that have made a session of their own: SSH's shared connections do, and so do workers
 * of newer Ansible versions. Shared connections also write their title, which names their socket, over their
 * environment: so the mark is a folder that holds the sockets too.
 */
export async function processesMarked(mark: string): Promise<readonly number[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((entry) => /^\d+$/.test(entry)).map(Number)
  const others = pids.filter((pid) => pid !== process.pid)
  const marked = await Promise.all(others.map(async (pid) => ((await isMarked(pid, mark)) ? [pid] : [])))
  return marked.flat()
}

/** A process that is gone or a zombie has neither; somebody else's environment cannot be read. */
async function isMarked(pid: number, mark: string): Promise<boolean> {
  const texts = ['environ', 'cmdline'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => ''))
  return (await Promise.all(texts)).some((text) => text.includes(mark))
}

/**
 * Ends every marked process: asked first, killed when `graceSeconds` have passed, and looked for until none is left.
 *
 * @throws Error naming what is left when the kernel does not end it (a process stuck in the kernel).
 */
export async function endMarked(mark: string, graceSeconds: number): Promise<void> {
  const started = performance.now()
  for (let signal: NodeJS.Signals = 'SIGTERM'; ;) {
    const left = await processesMarked(mark)
    if (left.length === 0) return
    const waitedSeconds = (performance.now() - started) / 1000
    if (waitedSeconds > graceSeconds) signal = 'SIGKILL'
    if (waitedSeconds > graceSeconds + 10)
      throw new Error(`Processes ${left.join(', ')} do not end on SIGKILL.`)
    for (const pid of left) sendSignal(pid, signal)
    await sleep(50)
  }
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // Gone meanwhile; the next look tells.
  }
}
