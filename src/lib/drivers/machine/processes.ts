import {readFile} from 'node:fs/promises'
import {setTimeout as sleep} from 'node:timers/promises'

/** A process that cannot be mistaken for a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number
  /** Field 22 of /proc/PID/stat: clock ticks between the machine's boot and the start of the process. */
  readonly startTicks: number
}

/** The process that has this number now; undefined when there is none or it is a zombie. */
export async function identifyProcess(pid: number): Promise<ProcessIdentity | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  if (stat === undefined) return undefined
  // The command name may hold spaces and brackets; what follows its last bracket does not.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : {pid, startTicks: Number(fields[19])}
}

export async function isRunning(process: ProcessIdentity): Promise<boolean> {
  return (await identifyProcess(process.pid))?.startTicks === process.startTicks
}

/** Numbers of the direct children, in the order they were started. */
export async function childrenOf(pid: number): Promise<readonly number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')
  return text.split(' ').filter(Boolean).map(Number)
}

/** SIGKILL; a process that is gone already is as good. */
export function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Random at each boot of the machine; processes, namespaces and mounts recorded under another one are gone. */
export async function machineBootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()
}

/** Looks every `everyMs` until the condition holds. @returns false when the time has run out first. */
export async function waitUntil(
  condition: () => Promise<boolean>,
  timeoutSeconds: number,
  everyMs = 10,
): Promise<boolean> {
  const end = performance.now() + timeoutSeconds * 1000
  while (!(await condition())) {
    if (performance.now() > end) return false
    await sleep(everyMs)
  }
  return true
}
