import {setTimeout as sleep} from 'node:timers/promises'

import {execa} from 'execa'

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

async function run(
  [program = '', ...args]: readonly string[],
  body: string,
  timeoutMs: number,
): Promise<Why> {
  const ended = await execa(program, args, {
    reject: false,
    input: body,
    stdout: 'ignore',
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  })
  if (ended.exitCode === 0) return undefined
  if (ended.timedOut) return timedOut
  if (ended.exitCode === undefined) return ended.code === 'ENOENT' ? 'no such program' : 'it could not be run'
  const [said = ''] = ended.stderr.trim().split('\n')
  return `ended with ${ended.exitCode}${said === '' ? '' : `: ${said.slice(0, 200)}`}`
}
