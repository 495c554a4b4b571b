import {CLIError, ExitError} from '@oclif/core/errors'
import {stripVTControlCharacters} from 'node:util'

import {PpError} from '../errors.ts'
import {nearest} from '../nearest.ts'
import {exitCodes, type ExitCode, type Outcome} from '../outcome.ts'
import {redact} from '../redact.ts'
import {writeBugFile} from './bug-file.ts'
import {renderFailure} from './failure-text.ts'

/** What every command prints under `--json` when it fails. */
export interface Failure {
  readonly schemaVersion: 1
  readonly outcome: Outcome
  readonly exitCode: ExitCode
  readonly error: {readonly code: string; readonly message: string; readonly hint: string}
}

interface Typed {
  readonly command: string
  readonly flags: readonly string[]
}

/**
 * The failure as scripts and people see it: the same fields, the same exit code.
 *
 * An unexpected error leaves its stack in a file; the message names it.
 *
 * @param typed the command, such as `pp failover db`, and the flags it has; used in the hint for wrong flags.
 */
export function toFailure(error: unknown, typed: Typed = {command: 'pp', flags: []}): Failure {
  if (error instanceof PpError) {
    const {outcome, exitCode, code, message, hint} = error
    return {schemaVersion: 1, outcome, exitCode, error: {code, message, hint}}
  }
  if (isUsageError(error)) {
    return failure('usage', {code: 'USAGE', message: usageMessage(error), hint: usageHint(error, typed)})
  }
  const file = writeBugFile(error)
  const message = `${messageOf(error)} This is a bug in pp. Its trace is in ${file}`
  return failure('bug', {
    code: 'BUG',
    message,
    hint: 'Report it with that file, and see whether something is unfinished: pp op list',
  })
}

/**
 * Prints the failure in the form that was asked for, and sets the exit status. Says nothing for a plain exit.
 *
 * @param say receives what people read; stderr unless told otherwise.
 */
export function reportFailure(
  error: unknown,
  argv: readonly string[],
  typed?: Typed,
  say: (text: string) => unknown = (text) => process.stderr.write(text),
): void {
  if (error instanceof ExitError) {
    process.exitCode = error.oclif.exit ?? 0
    return
  }
  const shown = toFailure(error, typed)
  process.exitCode = shown.exitCode
  const flags = beforeDoubleDash(argv)
  if (flags.includes('--json')) process.stdout.write(redact(`${JSON.stringify(shown, undefined, 2)}\n`))
  else if (flags.includes('--events')) process.stdout.write(redact(`${JSON.stringify(shown)}\n`))
  if (!flags.includes('--json')) say(redact(renderFailure(shown)))
}

function failure(outcome: Outcome, error: Failure['error']): Failure {
  return {schemaVersion: 1, outcome, exitCode: exitCodes[outcome], error}
}

function isUsageError(error: unknown): error is Error {
  return error instanceof CLIError && error.oclif.exit === exitCodes.usage
}

function usageMessage(error: Error): string {
  return stripVTControlCharacters(error.message)
    .replace(/\s*See more help with --help\s*$/, '')
    .replace(/^The following errors? occurred:\s*/, '')
    .replace(/^Parsing (--[\w-]+)\s+/, '$1: ')
    .replaceAll(
      /(--[\w-]+)(?:=.*?)? cannot also be provided when using (--[\w-]+)/g,
      '$1 and $2 exclude each other',
    )
    .replaceAll(/\s*\n\s*/g, ' ')
    .trim()
}

function usageHint(error: Error, {command, flags}: Typed): string {
  const unknown = 'flags' in error && Array.isArray(error.flags) ? String(error.flags[0]) : ''
  const meant = unknown.startsWith('--') ? nearest(unknown.slice(2), flags) : undefined
  return meant === undefined ? `${command} --help` : `Did you mean --${meant}? See ${command} --help`
}

function messageOf(error: unknown): string {
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return /[.!?]$/.test(message) ? message : `${message}.`
}

function beforeDoubleDash(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--')
  return end === -1 ? argv : argv.slice(0, end)
}
