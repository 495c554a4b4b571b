import {tryProgram, type Argv, type ProgramOptions, type ProgramResult} from '../drivers/machine/program.ts'
import {refusal} from '../errors.ts'
import {isPowered} from './power.ts'
import {findHost, requireRecord, type HostRecord} from './state.ts'

/** The environment of a login as root; this machine's own stays outside. */
const environment = [
  'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  'HOME=/root',
  'LC_ALL=C.UTF-8',
]

/** Arguments that run a program as root inside a host through its namespaces: its network need not work. */
export function insideArguments(init: number, argv: Argv, extra: readonly string[] = []): Argv {
  const spaces = ['--mount', '--uts', '--ipc', '--net', '--pid', '--cgroup', '--root', '--wd']
  return ['nsenter', `--target=${init}`, ...spaces, '--', 'env', '-i', ...environment, ...extra, ...argv]
}

/**
 * Runs a program inside a host to its end. Its time is kept there: ending nsenter would leave what it has started, and
 * that would hold the pipes open for as long as a frozen host makes it wait.
 */
export async function runInside(
  host: HostRecord,
  argv: Argv,
  {timeoutSeconds, ...options}: ProgramOptions = {},
): Promise<ProgramResult> {
  const init = await runningInit(host)
  if (timeoutSeconds === undefined) return tryProgram(insideArguments(init, argv), options)
  const timed: Argv = ['timeout', '--signal=KILL', String(timeoutSeconds), ...argv]
  return tryProgram(insideArguments(init, timed), {...options, timeoutSeconds: timeoutSeconds + 5})
}

/** @throws PpError LAB_HOST_OFF. */
export async function runningInit(host: HostRecord): Promise<number> {
  if (host.init && (await isPowered(host))) return host.init.pid
  throw refusal('LAB_HOST_OFF', {
    message: `Lab host ${host.name} is powered off.`,
    hint: `Switch it on: pp lab mend ${host.name}, or pp lab up`,
  })
}

/** The same by names, for tests. */
export async function inHost(
  lab: string,
  host: string,
  argv: Argv,
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  return runInside(findHost(await requireRecord(lab), host), argv, options)
}
