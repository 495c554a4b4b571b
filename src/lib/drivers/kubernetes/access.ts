import {KubeConfig} from '@kubernetes/client-node'
import type {OutgoingHttpHeaders} from 'node:http'
import type {RequestOptions} from 'node:https'

import {deniedError, messageOf, unavailableError, usageError} from '../../errors.ts'
import type {ClusterAccess} from './types.ts'

/** Where the API server is, and what a request to it has to bring: certificates, tokens, a proxy. */
export interface Connection {
  readonly server: string
  readonly options: Omit<RequestOptions, 'headers'> & {readonly headers?: OutgoingHttpHeaders}
}

/** Of a login whose caller sets no deadline: its command may ask somebody, but must not hold up an incident for ever. */
const loginMs = 60_000

/**
 * Reads the kubeconfig and logs in as it says, with a certificate, a token or the command it names.
 *
 * @param deadline of a login: its command may wait for somebody. It is left to itself then.
 * @throws PpError KUBECONFIG_UNREADABLE, CONTEXT_UNKNOWN, CLUSTER_LOGIN_FAILED.
 */
export async function connectionTo(
  access: ClusterAccess,
  deadline = AbortSignal.timeout(loginMs),
): Promise<Connection> {
  const config = readConfig(access)
  const {server} = config.getCurrentCluster() ?? {}
  if (server === undefined)
    throw usageError('CONTEXT_UNKNOWN', {
      message: `${access.kubeconfig ?? 'The kubeconfig'} has no context "${access.context ?? ''}" for the cluster ${access.name}; it has ${
        config
          .getContexts()
          .map(({name}) => name)
          .join(', ') || 'none'
      }.`,
      hint: `Correct clusters.${access.name}.context in the fleet file.`,
    })
  try {
    const options: Connection['options'] = {}
    const login = config.applyToHTTPSOptions(options)
    await Promise.race([login, late(deadline)])
    return {server, options}
  } catch (cause) {
    throw deniedError('CLUSTER_LOGIN_FAILED', {
      message: `Logging in to ${access.name} as its kubeconfig says does not work: ${messageOf(cause)}.`,
      hint: `kubectl config view --minify${access.context === undefined ? '' : ` --context ${access.context}`}`,
      cause,
    })
  }
}

const late = (deadline: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    deadline.addEventListener('abort', () => reject(new Error('no answer in time')), {once: true})
  })

function readConfig({name, kubeconfig, context}: ClusterAccess): KubeConfig {
  const config = new KubeConfig()
  try {
    if (kubeconfig === undefined) config.loadFromDefault()
    else config.loadFromFile(kubeconfig)
  } catch (cause) {
    throw unavailableError('KUBECONFIG_UNREADABLE', {
      message: `The kubeconfig of the cluster ${name} cannot be read: ${messageOf(cause)}.`,
      hint: `Correct clusters.${name}.kubeconfig in the fleet file.`,
      cause,
    })
  }
  if (context !== undefined) config.setCurrentContext(context)
  return config
}
