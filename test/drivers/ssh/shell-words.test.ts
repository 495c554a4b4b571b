import {execFileSync} from 'node:child_process'
import {existsSync} from 'node:fs'
import {expect, test} from '@jest/globals'
import fc from 'fast-check'
import {shellWords} from '../../../src/lib/drivers/ssh/shell-words.ts'

/** Every argument on a line of its own, in base64: what arrived, byte for byte. */
const show = 'for word do printf %s "$word" | base64 -w0; echo; done'

const shells = ['sh', 'bash', 'dash', 'zsh', 'ksh'].filter((shell) =>
  ['/bin', '/usr/bin'].some((folder) => existsSync(`${folder}/${shell}`)),
)

const word = fc.oneof(
  fc.string({unit: 'binary'}).map((text) => text.toWellFormed().replaceAll('\0', '')),
  fc.string({
    unit: fc.constantFrom(
      "'",
      '"',
      '\\',
      '$',
      '`',
      '!',
      '\n',
      ' ',
      '*',
      '~',
      '-',
      '#',
      '&',
      ';',
      'a',
      '\t',
      '\r',
    ),
  }),
)

test.each(shells)('%s reads exactly the arguments that were given', (shell) => {
  fc.assert(
    fc.property(fc.array(word, {maxLength: 6}), (words) => {
      const command = shellWords(['sh', '-c', show, 'show', ...words])
      const shown = execFileSync(shell, ['-c', command], {encoding: 'utf8'}).split('\n').slice(0, -1)
      expect(shown.map((line) => Buffer.from(line, 'base64').toString())).toEqual(words)
    }),
    {numRuns: 60},
  )
})

test.each([[[]], [['a\0b']], [['\ud800']]])('refuses what no program can be given: %j', (argv) => {
  expect(() => shellWords(argv)).toThrow(TypeError)
})
