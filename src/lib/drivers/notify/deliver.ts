import {spawn} from 'node:child_process'
import {setTimeout as sleep} from 'node:timers/promises'

import type {SendHook} from './types.ts'

const secondsBetweenAttempts = 1

/**
 * Delivers one notification within the time that is left.
 *
 * @returns why it could not be, undefined when it was; never anything of the hook's address or token.
 */
export async function deliver(hook: SendHook, body: string, leftMs: number): Promise<string | undefined> {
  if (leftMs <= 0) return `no time was left for it of ${hook.timeoutSeconds} s`
  const timeoutMs = Math.ceil(leftMs)
  const why = await (hook.webhook === null
    ? run(hook.command ?? [], body, timeoutMs)
    : post(hook.webhook, body, timeoutMs))
  return why === timedOut ? `no answer within ${hook.timeoutSeconds} s` : why
}

const timedOut = Symbol('timed out')
type Why = string | typeof timedOut | undefined

/** Again each second while the other side may yet take it: no connection, too many requests, an error of its own. */
async function post(
  {url, token}: NonNullable<SendHook['webhook']>,
  body: string,
  timeoutMs: number,
): Promise<Why> {
  const deadline = AbortSignal.timeout(timeoutMs)
  for (let why: string; ;) {
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(token === null ? {} : {authorization: `Bearer ${token}`}),
        },
        body,
        redirect: 'manual',
        signal: deadline,
      })
      await response.body?.cancel()
      if (response.ok) return undefined
      why = `it answered ${response.status}`
      if (response.status !== 429 && response.status < 500) return why
    } catch (error) {
      if (deadline.aborted) return timedOut
      why = connectionProblem(error)
    }
    try {
      await sleep(secondsBetweenAttempts * 1000, undefined, {signal: deadline})
    } catch {
      return why
    }
  }
}

/** The code alone: messages of fetch may hold the address. */
function connectionProblem(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : undefined
  return `no connection${code === undefined ? '' : ` (${code})`}`
}

/** A group of its own, so that what it has started ends with it when its time is over. */
function run([program = '', ...args]: readonly string[], body: string, timeoutMs: number): Promise<Why> {
  const {promise, resolve} = Promise.withResolvers<Why>()
  const child = spawn(program, args, {detached: true, stdio: ['pipe', 'ignore', 'pipe']})
  const timer = setTimeout(() => {
    if (child.pid !== undefined) killGroup(child.pid)
    resolve(timedOut)
  }, timeoutMs)
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(0, 1000)
  })
  child.stdin.on('error', () => undefined)
  child.stdin.end(body)
  child.once('error', ({code}: NodeJS.ErrnoException) => {
    clearTimeout(timer)
    resolve(code === 'ENOENT' ? 'no such program' : `it could not be run (${code ?? 'no reason'})`)
  })
  // Not "close": what it has left in the background may hold its stderr for long.
  child.once('exit', (status, signal) => {
    clearTimeout(timer)
    setImmediate(() => {
      child.stderr.destroy()
      resolve(
        status === 0 ? undefined : whyEnded(status === null ? `by ${signal ?? '?'}` : `with ${status}`, said),
      )
    })
  })
  return promise
}

function whyEnded(how: string, said: string): string {
  const [line = ''] = said.trim().split('\n')
  return `ended ${how}${line === '' ? '' : `: ${line.slice(0, 200)}`}`
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has just ended by itself.
  }
}
