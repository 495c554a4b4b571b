import {deniedError, messageOf, PpError, unavailableError} from '../../errors.ts'
import type {KnownKey} from './known-hosts.ts'
import type {SshDestination} from './destination.ts'

/** True for a host that does not answer: for callers that show it and go on without it. */
export function isUnreachable(error: unknown): boolean {
  return error instanceof PpError && (error.code === 'SSH_UNREACHABLE' || error.code === 'SSH_GONE')
}

export const sshUnreachable = (to: SshDestination, why: string, cause?: unknown): PpError =>
  unavailableError('SSH_UNREACHABLE', {
    message: `${to.label} does not answer SSH at ${to.hostname}:${to.port}: ${why}.`,
    hint: to.command,
    cause,
  })

export const sshDenied = (to: SshDestination, tried: readonly string[], cause?: unknown): PpError =>
  deniedError('SSH_DENIED', {
    message: `${to.label} lets ${to.user} in with none of the keys tried: ${tried.join('; ') || 'there are none'}.`,
    hint: to.command,
    cause,
  })

export const sshFailed = (to: SshDestination, cause: unknown): PpError =>
  unavailableError('SSH_FAILED', {
    message: `The SSH connection to ${to.label} could not be made: ${messageOf(cause)}.`,
    hint: to.command,
    cause,
  })

export const sshGone = (host: string, cause?: unknown): PpError =>
  unavailableError('SSH_GONE', {
    message: `The SSH connection to ${host} was lost${cause === undefined ? '' : `: ${messageOf(cause)}`}.`,
    hint: 'pp status',
    cause,
  })

export const sshUnsupported = (to: {readonly label: string}, option: string, instead: string): PpError =>
  deniedError('SSH_UNSUPPORTED', {
    message: `The SSH configuration sets ${option} for ${to.label}, which pp cannot honour.`,
    hint: instead,
  })

export const hostKeyUnknown = (to: SshDestination): PpError =>
  deniedError('HOST_KEY_UNKNOWN', {
    message: `The host key of ${to.label} (${to.hostname}:${to.port}) is in none of ${to.knownHostsFiles.join(', ') || 'no known_hosts file'}.`,
    hint: `Compare the fingerprint that this shows with the host's own, then answer yes: ${to.command}`,
  })

export const hostKeyChanged = (to: SshDestination, lines: readonly KnownKey[], seen: string): PpError =>
  deniedError('HOST_KEY_CHANGED', {
    message: `${to.label} (${to.hostname}:${to.port}) shows ${seen}, which is not the one in ${places(lines)}.`,
    hint: `When the change is explained (a new installation): ${forgetting(to, lines)}, then ${to.command}`,
  })

export const hostKeyRevoked = (to: SshDestination, line: KnownKey): PpError =>
  deniedError('HOST_KEY_REVOKED', {
    message: `${to.label} shows a host key that ${places([line])} marks @revoked.`,
    hint: `Give the host a new key, then: ${to.command}`,
  })

const places = (lines: readonly KnownKey[]): string =>
  lines.map((line) => `${line.file}:${line.line}`).join(', ')

const forgetting = (to: SshDestination, lines: readonly KnownKey[]): string =>
  `ssh-keygen -R '${to.lookupName}' -f ${lines[0]?.file ?? '~/.ssh/known_hosts'}`
