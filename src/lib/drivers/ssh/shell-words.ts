/**
 * One command line that any POSIX login shell (sh, dash, bash, zsh, ksh) reads as exactly these arguments.
 *
 * SSH hands a remote command to the account's login shell as one string, so this is the only place in `pp` where
 * data becomes part of a shell's text. csh and fish read quotes differently and are not supported as login shells.
 *
 * @throws TypeError for what no program can be given: an empty list, a NUL, half a surrogate pair.
 */
export function shellWords(argv: readonly string[]): string {
  if (argv.length === 0) throw new TypeError('no program to run')
  return argv.map(shellWord).join(' ')
}

function shellWord(word: string): string {
  if (word.includes('\0') || !word.isWellFormed()) {
    throw new TypeError(`not a program's argument: ${JSON.stringify(word)}`)
  }
  return `'${word.replaceAll("'", String.raw`'\''`)}'`
}
