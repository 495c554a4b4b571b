import {again} from '../again.ts'
import {type PpError, usageError} from '../errors.ts'
import {Interrupted} from './interrupted.ts'

interface Terminal {
  /** Whether somebody can answer: stdin and stderr are a terminal. */
  readonly isInteractive?: boolean
  /** Takes the question back, for a signal that arrives meanwhile. */
  readonly signal?: AbortSignal
}

/**
 * Asks y/N for an ordinary act. Resolves to false when the answer is no.
 *
 * @param yes the flag `--yes`.
 * @throws PpError CONFIRMATION_NEEDED, exit 2, when nobody can answer and the flag is missing.
 */
export async function confirm(
  question: string,
  {yes, ...terminal}: Terminal & {readonly yes: boolean},
): Promise<boolean> {
  if (yes) return true
  if (!isInteractive(terminal)) throw confirmationNeeded(question, again('--yes'))
  const answer = await ask({type: 'confirm', name: 'answer', message: question, default: false}, terminal)
  return answer === true
}

/**
 * Asks for the name of what a severe act changes. `--yes` does not answer this one.
 *
 * @param confirm the value of the flag `--confirm`, undefined when it was left out.
 * @throws PpError CONFIRMATION_NEEDED when nobody can answer and the flag is missing; CONFIRMATION_WRONG, exit 2, when
 *   the flag names something else.
 */
export async function confirmByName(
  question: string,
  {
    name,
    confirm: typed,
    ...terminal
  }: Terminal & {readonly name: string; readonly confirm: string | undefined},
): Promise<boolean> {
  if (typed !== undefined) {
    if (typed === name) return true
    throw usageError('CONFIRMATION_WRONG', {
      message: `--confirm names "${typed}", but what is about to be changed is "${name}".`,
      hint: again('--confirm', name),
    })
  }
  if (!isInteractive(terminal)) throw confirmationNeeded(question, again('--confirm', name))
  const answer = await ask(
    {type: 'input', name: 'answer', message: `${question} Type ${name} to go on:`},
    terminal,
  )
  return answer === name
}

function isInteractive({isInteractive}: Terminal): boolean {
  return isInteractive ?? (process.stdin.isTTY && process.stderr.isTTY)
}

/** Somebody said no to changing `target`. */
export function notConfirmed(target?: string): PpError {
  return usageError('NOT_CONFIRMED', {
    message: `Not confirmed; ${target === undefined ? 'nothing was' : `${target} was not`} touched.`,
    hint: again(),
  })
}

function confirmationNeeded(question: string, hint: string): PpError {
  return usageError('CONFIRMATION_NEEDED', {
    message: `${question} There is no terminal to ask at.`,
    hint,
  })
}

interface Question {
  readonly type: 'confirm' | 'input'
  readonly name: 'answer'
  readonly message: string
  readonly default?: boolean
}

async function ask(question: Question, {signal}: Terminal): Promise<unknown> {
  const {default: inquirer} = await import('inquirer')
  const prompt = inquirer.createPromptModule({output: process.stderr, ...(signal ? {signal} : {})})
  try {
    const {answer} = await prompt<{answer: unknown}>([question])
    return answer
  } catch (error) {
    if (error instanceof Error && ['ExitPromptError', 'AbortPromptError'].includes(error.name))
      throw new Interrupted('at the question')
    throw error
  }
}
