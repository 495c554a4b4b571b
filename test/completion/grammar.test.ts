import {expect, test} from '@jest/globals'

import {completionOf, type Completion, type Manifest} from '../../src/lib/completion/grammar.ts'

const site = {name: 'site', type: 'option', description: 'Only its clusters on this site.'} as const
const out = {name: 'out', type: 'option', helpValue: 'FILE'} as const
const yes = {name: 'yes', type: 'boolean', char: 'y'} as const
const manifest: Manifest = {
  commands: {
    scale: {
      summary: 'Change how many.',
      args: {service: {name: 'service'}, target: {name: 'target'}},
      flags: {
        site,
        out,
        yes,
        split: {name: 'split', type: 'option', exclusive: ['site']},
        undo: {name: 'undo', type: 'option', helpValue: 'ID'},
      },
    },
    drill: {summary: 'Run a drill.', args: {name: {name: 'name'}}, flags: {yes}},
    'drill:list': {summary: 'List the drills.', args: {}, flags: {yes}},
    'drill:lever': {args: {act: {name: 'act', options: ['engage', 'release']}}, flags: {}},
    'failover:db': {
      args: {database: {name: 'database'}},
      flags: {to: {name: 'to', type: 'option', helpValue: 'HOST'}},
    },
    'lab:mend': {args: {host: {name: 'host'}}, flags: {}},
    'db:rejoin': {args: {host: {name: 'host'}}, flags: {}},
    secret: {hidden: true, args: {}, flags: {}},
  },
}

const wordsOf = ({candidates, typed}: Completion) =>
  candidates.map(({word}) => word).filter((word) => word.startsWith(typed))

test.each([
  ['every command and topic', [''], ['scale', 'drill', 'failover', 'lab', 'db']],
  ['those that begin so', ['s'], ['scale']],
  ['the commands of a topic', ['failover', ''], ['db']],
  ['of a topic that is a command too', ['drill', 'l'], ['list', 'lever']],
  ['what an argument may be', ['drill', 'lever', ''], ['engage', 'release']],
  ['flags behind a hyphen', ['scale', 'render', '--'], ['--site', '--out', '--yes', '--split', '--undo']],
  ['flags where no argument is left', ['drill', 'list', ''], ['--yes']],
  ['not those that are there, or cannot be beside one that is', ['scale', '--site', 'aws', '--'], ['--out', '--yes', '--undo']],
  ['nor by its letter', ['drill', 'list', '-y', '--'], []],
  ['nothing of what no command is', ['nosuch', ''], []],
  ['nothing behind a word that is none', ['failover', 'x', ''], []],
])('completes %s: %j', (_, words, expected) => {
  expect(wordsOf(completionOf(manifest, words))).toEqual(expected)
}) // prettier-ignore

test.each([
  ['services', ['scale', 're']],
  ['sites', ['scale', 'render', '--site', '']],
  ['sites', ['scale', 'render', '--site=a']],
  ['operations', ['scale', 'render', '--undo', '']],
  ['drills', ['drill', '']],
  ['members', ['failover', 'db', '--to', 'd']],
  ['databases', ['failover', 'db', '']],
  ['labHosts', ['lab', 'mend', '']],
  ['hosts', ['db', 'rejoin', '']],
  ['services', ['scale', '--yes', 're']],
  ['services', ['scale', '--out', 'file', 're']],
  [undefined, ['scale', 'render', '--out', '']],
])('asks for the names of %s: %j', (names, words) => {
  expect(completionOf(manifest, words).names).toBe(names)
})

test('offers flags where an argument may be anything', () => {
  expect(wordsOf(completionOf(manifest, ['scale', 'render', '']))).toContain('--site')
  expect(wordsOf(completionOf(manifest, ['scale', 'render', '2']))).toEqual([])
})

test('leaves files to the shell', () => {
  expect(completionOf(manifest, ['scale', 'render', '--out', ''])).toMatchObject({isFile: true})
  expect(completionOf(manifest, ['scale', 'render', '--out=x'])).toMatchObject({isFile: true})
})

test('keeps what a value is assigned to, and the words that choose the fleet', () => {
  expect(completionOf(manifest, ['scale', '--out=x', '--site=a'])).toMatchObject({
    names: 'sites',
    typed: 'a',
    prefix: '--site=',
    chosen: {out: 'x'},
  })
})
