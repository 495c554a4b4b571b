import {expect, test} from '@jest/globals'

import {runPp} from '../run-pp.ts'

test.each([
  {what: 'pp', argv: ['--help'], first: '$ pp status', usage: '$ pp [COMMAND]'},
  {what: 'a topic', argv: ['db', '--help'], first: '$ pp db backup', usage: '$ pp db COMMAND'},
  {
    what: 'a command whose flags exclude each other',
    argv: ['failover', 'db', '--help'],
    first: '$ pp failover db',
    usage: '$ pp failover db [DATABASE] [FLAGS]',
  },
  {
    what: 'a command with an argument that must be there',
    argv: ['op', 'show', '--help'],
    first: '$ pp op show 0F3K8W2QX7',
    usage: '$ pp op show ID [FLAGS]',
  },
])('help of $what leads with examples and has one line of usage', async ({argv, first, usage}) => {
  const {exitCode, stdout} = await runPp(argv)
  expect(exitCode).toBe(0)
  const [summary, examples, ...rest] = stdout.split('\n\n')
  expect(summary).toMatch(/^[A-Z].*\.$/)
  expect(examples).toMatch(/^EXAMPLES\n/)
  expect(examples?.split('\n')[1]?.trim()).toBe(first)
  expect(rest.find((section) => section.startsWith('USAGE'))?.split('\n')).toEqual(['USAGE', `  ${usage}`])
})
