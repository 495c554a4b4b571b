import {execa} from 'execa'
import {again} from '../../again.ts'
import {unavailableError, type PpError} from '../../errors.ts'

export type Argv = readonly [program: string, ...args: string[]]

export interface ProgramOptions {
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly timeoutSeconds?: number
  readonly signal?: AbortSignal
}

export interface ProgramResult {
  /** 0 is success; 127 when the program does not exist, 128 + n when signal n ended it. */
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs one program of this machine to its end. Never a shell: each argument arrives as it is. */
export async function tryProgram(argv: Argv, options: ProgramOptions = {}): Promise<ProgramResult> {
  const [program, ...args] = argv
  const result = await execa(program, args, {
    reject: false,
    input: options.input ?? '',
    ...(options.env && {env: options.env}),
    ...(options.cwd !== undefined && {cwd: options.cwd}),
    ...(options.timeoutSeconds !== undefined && {timeout: options.timeoutSeconds * 1000}),
    ...(options.signal && {cancelSignal: options.signal}),
  })
  const status = result.exitCode ?? (result.code === 'ENOENT' ? 127 : 128)
  const late = result.timedOut ? [`it had not ended after ${options.timeoutSeconds} s`] : []
  return {status, stdout: result.stdout, stderr: [result.stderr, ...late].filter(Boolean).join('\n')}
}

/**
 * The same for a program that must succeed.
 *
 * @returns what it printed on stdout.
 * @throws PpError MACHINE_COMMAND_FAILED with the command and what it said.
 */
export async function runProgram(argv: Argv, options: ProgramOptions = {}): Promise<string> {
  const result = await tryProgram(argv, options)
  if (result.status !== 0) throw programFailed(argv, result)
  return result.stdout
}

function programFailed(argv: Argv, {status, stderr, stdout}: ProgramResult): PpError {
  const said = (stderr || stdout).trim().split('\n').slice(-5).join('\n')
  return unavailableError('MACHINE_COMMAND_FAILED', {
    message: `${argv.join(' ')} ended with status ${status}: ${said || 'no output'}`,
    hint: `Put right what it names, then: ${again()}`,
  })
}
