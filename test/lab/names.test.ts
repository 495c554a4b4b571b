import {describe, expect, test} from '@jest/globals'

import {hostBlock} from '../../src/lib/lab/access.ts'
import {insideArguments} from '../../src/lib/lab/inside.ts'
import {labPaths} from '../../src/lib/lab/paths.ts'

describe('a lab', () => {
  test.each(['default', 'a', 'a-b', 'try12345'])('may be called %s', (name) => {
    expect(labPaths(name).state.endsWith(`/labs/${name}`)).toBe(true)
  })

  test.each(['', 'A', 'toolongname', '../etc', 'a b', '-a', 'a-', 'a;b', '.'])(
    'may not be called "%s"',
    (name) => {
      expect(() => labPaths(name)).toThrow(expect.objectContaining({code: 'LAB_NAME_INVALID', exitCode: 2}))
    },
  )

  test('is reached by host names that only its own keys vouch for', () => {
    const block = hostBlock('try1', 'db1', '10.77.3.11')
    expect(block).toContain('Host db1\n  HostName 10.77.3.11\n')
    expect(block).toContain('HostKeyAlias pp-try1-db1')
    expect(block).toContain('StrictHostKeyChecking yes')
  })
})

test('a program inside a host gets its arguments as they are, and none of the environment of this machine', () => {
  const argv = insideArguments(4711, ['psql', '-c', "select 'a b'; $(id)"])
  expect(argv.slice(0, 2)).toEqual(['nsenter', '--target=4711'])
  expect(argv).toContain('-i')
  expect(argv.at(-1)).toBe("select 'a b'; $(id)")
})
