import {readFileSync, readlinkSync} from 'node:fs'
import {hostname, userInfo} from 'node:os'

/** Who acts, from where. A dead holder on the same machine and boot is taken over at once. */
export interface Operator {
  readonly owner: string
  readonly operatorHost: string
  readonly operatorBootId: string
  readonly pid: number
}

export function currentOperator(): Operator {
  return {
    owner: `${userInfo().username}@${hostname()}`,
    operatorHost: hostname(),
    operatorBootId: bootId(),
    pid: process.pid,
  }
}

/** Whether the process that holds something is certainly gone; false where this machine cannot know. */
export function isCertainlyDead(holder: Omit<Operator, 'owner'>): boolean {
  if (holder.operatorHost !== hostname() || holder.operatorBootId !== bootId()) return false
  try {
    process.kill(holder.pid, 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

// With the PID namespace: containers share the kernel's boot id, and another one's processes cannot be seen from here.
function bootId(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return 'unknown' // not Linux: its holders are never certainly dead
  }
}
