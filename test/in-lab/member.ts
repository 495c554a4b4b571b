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
