import {readFileSync} from 'node:fs'
import {join} from 'node:path'

import {completionOf, type Manifest} from './lib/completion/grammar.ts'
import {packageRoot} from './lib/package-root.ts'

/** Instead of words: the shell completes files, as it does everywhere. */
const filesWanted = ':files'

/**
 * Answers a shell at Tab: a line for each word that may come next, with its description behind a tabulator. Silent where
 * nothing is known or something is wrong: whatever it said would be taken for words.
 *
 * @param words what was typed behind `pp`; the last one is being typed.
 */
export async function main([, ...words]: readonly string[]): Promise<void> {
  try {
    const lines = await answer(words)
    process.stdout.write(lines.map((line) => `${line}\n`).join(''))
  } catch {
    // The command itself will say what is wrong.
  }
}

async function answer(split: readonly string[]): Promise<readonly string[]> {
  const {words, isSplit} = joined(split)
  const manifest = JSON.parse(readFileSync(join(packageRoot, 'oclif.manifest.json'), 'utf8')) as Manifest
  const {candidates, names, isFile, typed, prefix, chosen} = completionOf(manifest, words)
  if (isFile) return [filesWanted]
  const named =
    names === undefined ? [] : await (await import('./lib/completion/names.ts')).namesOf(names, chosen)
  return [...candidates, ...named]
    .filter(({word}) => word.startsWith(typed))
    .map(({word, description = ''}) => {
      const [first = ''] = description.split('\n')
      return `${isSplit ? '' : prefix}${word}\t${first}`
    })
}

/** bash splits `--site=rack` at its `=`, and `hello:1.0` at its `:`; what comes behind is what it replaces. */
function joined(split: readonly string[]): {readonly words: readonly string[]; readonly isSplit: boolean} {
  const words: string[] = []
  let isSplit = false
  for (const [index, word] of split.entries()) {
    isSplit = isBreak(word) || isBreak(split[index - 1])
    if (isSplit) words.push(`${words.pop() ?? ''}${word}`)
    else words.push(word)
  }
  return {words, isSplit}
}

const isBreak = (word: string | undefined): boolean => word === '=' || word === ':'
