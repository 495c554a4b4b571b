import {expect, test} from '@jest/globals'

import {commandNames, sourceFiles} from './source-files.ts'

// What follows one of these is a command line, not a sentence about pp.
const shellPrompt = /(?:^|["'`]|\\n|[:(] |\$ | {2,}|\bbin\/)pp ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)*)/gm

// Commands of the design that are not there yet; prose must not promise them either.
const promised = /\bpp (doctor|backup|scale|drill|env|rejoin|migrate|rollout|completion)\b/g

// Sentences that begin with the name of the program.
const sentence =
  /^(and|is|has|was|does|needs|cannot|may|will|stops|keeps|asks|reads|writes|runs|knows|connects|itself|probe)\b/

const commands = commandNames()
const topics = new Set(commands.filter((name) => name.includes(' ')).map((name) => name.split(' ')[0]))

function isKnown(typed: string): boolean {
  if (sentence.test(typed)) return true
  const words = typed.split(' ')
  if (topics.has(words[0])) return words.length === 1 || commands.includes(words.slice(0, 2).join(' '))
  return commands.includes(words[0]!)
}

test('no hint, example or page names a command that does not exist', () => {
  const wrong = sourceFiles(
    'src/**/*.ts',
    'bin/*',
    'scripts/*',
    'fleet.yaml',
    'README.md',
    'docs/**/*.md',
  ).flatMap(({file, text}) => {
    const typed = [...text.matchAll(shellPrompt)].map(([, command]) => command!)
    const unknown = [
      ...typed.filter((command) => !isKnown(command)),
      ...[...text.matchAll(promised)].map(([, name]) => name!),
    ]
    return unknown.map((command) => `${file}: pp ${command}`)
  })
  expect(wrong).toEqual([])
})
