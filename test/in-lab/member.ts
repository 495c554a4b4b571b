import {onHost} from './lab.ts'

const dataDirectory = '/var/lib/postgresql/15/main'
const unit = 'postgresql@15-main.service'

/** Stops one process of a member's server where it stands, or lets it go on. @param kind as its title has it. */
export async function signalServerProcess(
  host: string,
  kind: string,
  signal: 'STOP' | 'CONT',
): Promise<void> {
  await onHost(host, 'pkill', `-${signal}`, '-u', 'postgres', '-f', `^postgres: .*${kind}`)
}

/** Kills the server with all its processes, as the kernel does when memory runs out. */
export async function killServer(host: string): Promise<void> {
  await onHost(host, 'systemctl', 'kill', '--signal=KILL', unit)
}

/** Whether a request to promote lies there, waiting for the server to see it. */
export async function hasPromoteRequest(host: string): Promise<boolean> {
  return (await onHost(host, 'sh', '-c', `[ ! -e ${dataDirectory}/promote ] || echo there`)) !== ''
}

const programs = '/usr/lib/postgresql/15/bin'

/** Puts a script in the place of one of the server's programs, which goes on as `$real`. */
export async function replaceProgram(host: string, name: string, script: string): Promise<void> {
  const at = `${programs}/${name}`
  const text = `#!/bin/sh\nreal=${at}.real\n${script}\n`
  await onHost(
    host,
    'sh',
    '-c',
    '[ -e "$1.real" ] || mv "$1" "$1.real"; printf %s "$2" >"$1"; chmod 755 "$1"',
    'sh',
    at,
    text,
  )
}

export async function restoreProgram(host: string, name: string): Promise<void> {
  const at = `${programs}/${name}`
  await onHost(host, 'sh', '-c', '[ ! -e "$1.real" ] || mv "$1.real" "$1"', 'sh', at)
}
