import {spawn} from 'node:child_process'
import {constants} from 'node:os'
import {insideArguments, runningInit} from './inside.ts'
import {findHost, requireRecord} from './state.ts'

/**
 * Runs a program as root inside a host on this process's own terminal; a login shell when none is named.
 *
 * @returns its exit status, 128 + n when signal n ended it.
 */
export async function shellInside(lab: string, host: string, argv: readonly string[]): Promise<number> {
  const init = await runningInit(findHost(await requireRecord(lab), host))
  const [program = 'bash', ...args] = argv.length > 0 ? argv : ['bash', '--login']
  const terminal = process.env.TERM === undefined ? [] : [`TERM=${process.env.TERM}`]
  const [nsenter, ...rest] = insideArguments(init, [program, ...args], terminal)
  // Ctrl-C is for what runs inside.
  const ignore = (): void => undefined
  process.on('SIGINT', ignore)
  try {
    return await new Promise<number>((resolve, reject) => {
      const child = spawn(nsenter, rest, {stdio: 'inherit'})
      child.once('error', reject)
      child.once('exit', (status, signal) => {
        resolve(status ?? 128 + (signal === null ? 0 : constants.signals[signal]))
      })
    })
  } finally {
    process.off('SIGINT', ignore)
  }
}
