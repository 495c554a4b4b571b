import {add, type Tags} from './samples.ts'

/** Checks that did not hold. */
export const broken: string[] = []

export function check<T>(value: T, checks: Record<string, (value: T) => boolean>, tags: Tags = {}): boolean {
  const held = Object.entries(checks).map(([name, claim]) => {
    const holds = claim(value)
    add('checks', holds ? 1 : 0, tags)
    if (!holds) broken.push(`${name}: ${show(value)}`)
    return holds
  })
  return held.every(Boolean)
}

/** Stops everything meanwhile, as a virtual user of k6 is stopped. */
export function sleep(seconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, seconds * 1000)
}

export const group = <T>(_name: string, work: () => T): T => work()

export function fail(message: string): never {
  throw new Error(message)
}

function show(value: unknown): string {
  const {status, body} = value as {status?: number; body?: unknown}
  return status === undefined ? JSON.stringify(value) : `${status} ${String(body).slice(0, 300)}`
}
