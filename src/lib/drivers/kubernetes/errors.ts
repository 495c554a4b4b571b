import {deniedError, messageOf, unavailableError, type PpError} from '../../errors.ts'
import {typedWords} from '../../typed-words.ts'
import type {ClusterAccess} from './types.ts'

const untrusted =
  /^(CERT_|ERR_TLS_|DEPTH_ZERO_SELF_SIGNED_CERT$|SELF_SIGNED_CERT_IN_CHAIN$|UNABLE_TO_(VERIFY|GET_ISSUER))/

/** What a connection or a time-out threw, as what the operator can do about it. */
export function unanswered(access: ClusterAccess, server: string, cause: unknown): PpError {
  const {code = ''} = cause as {code?: unknown}
  if (typeof code === 'string' && untrusted.test(code))
    return deniedError('CLUSTER_UNTRUSTED', {
      message: `The certificate of ${server}, the API server of ${access.name}, is not trusted: ${messageOf(cause)}.`,
      hint: kubectl(access, 'cluster-info'),
      cause,
    })
  return unavailableError('CLUSTER_UNREACHABLE', {
    message: `The API server of ${access.name} does not answer at ${server}: ${messageOf(cause) || String(code)}.`,
    hint: kubectl(access, 'get', '--raw', '/readyz'),
    cause,
  })
}

/** An answer that is no success. @param said what the API server wrote with it. */
export function answered(access: ClusterAccess, path: string, status: number, said: string): PpError {
  const about = said === '' ? '' : `: ${said}`
  if (status === 401)
    return deniedError('CLUSTER_LOGIN_REFUSED', {
      message: `${access.name} does not know who asks (status 401)${about}.`,
      hint: kubectl(access, 'auth', 'whoami'),
    })
  if (status === 403)
    return deniedError('CLUSTER_FORBIDDEN', {
      message: `${access.name} does not allow it${about}.`,
      hint: kubectl(access, 'auth', 'can-i', '--list'),
    })
  return unavailableError('CLUSTER_FAILED', {
    message: `${access.name} answers ${path} with status ${status}${about}.`,
    hint: kubectl(access, 'get', '--raw', path),
  })
}

/** An answer that is not what Kubernetes answers. */
export const misunderstood = (access: ClusterAccess, path: string, cause: unknown): PpError =>
  unavailableError('CLUSTER_FAILED', {
    message: `${access.name} answers ${path} with something that is not understood: ${messageOf(cause).split('\n', 1)[0] ?? ''}.`,
    hint: kubectl(access, 'get', '--raw', path),
    cause,
  })

/** A command line for the same cluster. */
export const kubectl = ({kubeconfig, context}: ClusterAccess, ...words: readonly string[]): string =>
  typedWords([
    'kubectl',
    ...(kubeconfig === undefined ? [] : ['--kubeconfig', kubeconfig]),
    ...(context === undefined ? [] : ['--context', context]),
    ...words,
  ])
