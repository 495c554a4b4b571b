import {typedWords} from './typed-words.ts'

/**
 * What was typed, to be typed again: `pp failover db --to db2 --yes`.
 *
 * @param flag what is added; takes the place of a flag of that name and its value.
 */
export function again(flag?: string, value?: string): string {
  const typed = process.argv.slice(2)
  if (flag === undefined) return commandLine(typed)
  const at = typed.findIndex((word) => word === flag || word.startsWith(`${flag}=`))
  if (at !== -1) typed.splice(at, typed[at] === flag && value !== undefined ? 2 : 1)
  return commandLine([...typed, flag, ...(value === undefined ? [] : [value])])
}

/** The same with a word put right, also as in `--to=db22`. */
export function againWith(wrong: string, right: string): string {
  return commandLine(
    process.argv
      .slice(2)
      .map((word) =>
        word === wrong ? right : word.endsWith(`=${wrong}`) ? word.replace(`=${wrong}`, `=${right}`) : word,
      ),
  )
}

const commandLine = (words: readonly string[]): string => typedWords(['pp', ...words])
