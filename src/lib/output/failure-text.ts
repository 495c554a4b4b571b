import type {Failure} from './failure.ts'
import {paint, wrap} from './terminal.ts'

const width = 79

/** What a person reads on stderr: outcome, code and exit status in the first line, then what is wrong and the way out. */
export function renderFailure({outcome, exitCode, error}: Failure): string {
  const exit = `exit ${exitCode}`
  const head = `✖ ${outcome}  ${error.code}`
  const lines = [
    `${paint(process.stderr, 'red', head)}${exit.padStart(Math.max(width - head.length, exit.length + 2))}`,
    ...indented(error.message),
    '',
    ...labelled('Try', error.hint),
    ...(error.code === 'USAGE' ? [] : labelled('Why', `pp explain ${error.code}`)),
  ]
  return `${lines.join('\n')}\n`
}

function indented(text: string): string[] {
  return text.split('\n').flatMap((line) => wrap(line, width - 2).map((part) => `  ${part}`))
}

function labelled(label: string, text: string): string[] {
  const [first = '', ...rest] = text.split('\n').flatMap((line) => wrap(line, width - 7))
  return [`  ${label}  ${first}`, ...rest.map((line) => `       ${line}`)]
}
