import type {ClientChannel} from 'ssh2'
import {deniedError, type PpError} from '../../errors.ts'
import {HelperLost} from './errors.ts'
import {HelperClient} from './client.ts'
import type {Helper} from './types.ts'

export interface HelperStart {
  /** `performance.now()` when the host was asked to start it. */
  readonly askedAt: number
  readonly timeoutSeconds: number
}

/**
 * Waits for the hello of a `pp-host` that has just been started in a channel.
 *
 * @throws PpError HELPER_DENIED: sudo says no; HELPER_MISSING, HELPER_TIMED_OUT, HELPER_GARBLED, HELPER_GONE.
 */
export async function startHelper(host: string, channel: ClientChannel, start: HelperStart): Promise<Helper> {
  const client = new HelperClient(host, channel)
  try {
    return await client.greeted(start.askedAt, start.timeoutSeconds)
  } catch (error) {
    client.close()
    throw startError(host, client.complaint, error)
  }
}

function startError(host: string, complaint: string, error: unknown): unknown {
  if (!(error instanceof HelperLost) || error.code !== 'HELPER_GONE') return error
  if (/not found|no such file/i.test(complaint)) return helperMissing(host, complaint)
  if (/password|not allowed|may not run|sudo/i.test(complaint)) return helperDenied(host, complaint)
  return new HelperLost(
    host,
    'HELPER_GONE',
    `pp-host on ${host} ended at once: ${complaint || 'no output'}`,
    false,
    error,
  )
}

const setUp = 'ansible-playbook -i INVENTORY playbooks/ansible/site.yml'

const helperMissing = (host: string, complaint: string): HelperLost =>
  new HelperLost(
    host,
    'HELPER_MISSING',
    `The host helper is not installed on ${host}: ${complaint} (${setUp})`,
    false,
  )

const helperDenied = (host: string, complaint: string): PpError =>
  deniedError('HELPER_DENIED', {
    message: `The account of pp on ${host} may not run the host helper: ${complaint}`,
    hint: setUp,
  })
