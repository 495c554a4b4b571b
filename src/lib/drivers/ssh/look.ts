import {messageOf, PpError} from '../../errors.ts'
import type {Host, SshSettings} from '../../fleet/types.ts'
import {connectHost} from './connect.ts'
import {isUnreachable} from './errors.ts'

export interface SshLook {
  /** `no-ssh`: somebody answers at that address, if only with a refusal, and SSH does not. */
  readonly answer: 'answers' | 'no-ssh' | 'silent'
  readonly said: string
}

/** What only a host that speaks SSH can have made go wrong. */
const spoken = ['SSH_DENIED', 'SSH_FAILED', 'HOST_KEY_CHANGED', 'HOST_KEY_REVOKED']

/**
 * Whether SSH of a host answers from here, by a connection of its own that is closed again. A host that hangs takes
 * connections and says nothing: that is not the silence of one without power.
 *
 * @throws PpError of this machine's own configuration, and HOST_KEY_UNKNOWN: a host that was not spoken to proves nothing.
 */
export async function lookAtSsh(host: Host, ssh: SshSettings, connectSeconds: number): Promise<SshLook> {
  const reached = new AbortController()
  try {
    const link = await connectHost(host, ssh, connectSeconds, () => reached.abort())
    link.close()
    return {answer: 'answers', said: 'SSH answers'}
  } catch (error) {
    if (!(error instanceof PpError)) throw error
    if (spoken.includes(error.code)) return {answer: 'answers', said: error.message}
    if (!isUnreachable(error)) throw error
    if (reached.signal.aborted || isRefused(error.cause))
      return {answer: 'no-ssh', said: 'its address answers, its SSH does not'}
    return {answer: 'silent', said: `SSH is silent: ${reasonOf(error)}`}
  }
}

const isRefused = (cause: unknown): boolean =>
  Error.isError(cause) && 'code' in cause && cause.code === 'ECONNREFUSED'

const reasonOf = ({cause, message}: PpError): string => (cause === undefined ? message : messageOf(cause))
