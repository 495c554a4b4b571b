import {tryProgram, type Argv} from '../../drivers/machine/program.ts'
import type {ProbeSpec} from '../format/types.ts'
import {bad, good, noData, type Look} from './vantage.ts'

export async function lookByCommand(
  {command, exitCode}: Extract<ProbeSpec, {type: 'command'}>,
  signal: AbortSignal,
): Promise<Look> {
  const [program = '', ...args] = command
  const argv: Argv = [program, ...args]
  const {status, stdout, stderr} = await tryProgram(argv, {signal})
  const said = (stdout.trim() || stderr.trim()).split('\n')[0]?.slice(0, 200) ?? ''
  const ended = `ended with ${status}${said === '' ? '' : `: ${said}`}`
  // 127: no such program, so nothing was measured.
  if (status === 127 && exitCode !== 127) return noData(`${program} cannot be run`)
  return status === exitCode ? good(ended) : bad(`${ended}, wanted ${exitCode}`)
}
