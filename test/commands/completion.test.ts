// The scripts in the shells that they are for, at what an operator types.
import {afterAll, beforeAll, describe, expect, test} from '@jest/globals'
import {execa} from 'execa'
import {existsSync, mkdirSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import {Journal} from '../../src/lib/operation/journal.ts'
import {packageRoot} from '../../src/lib/package-root.ts'
import {describeWith} from '../drivers/servers/describe-with.ts'
import {TemporaryFleet} from '../fleet/temporary-fleet.ts'
import {runPp} from '../run-pp.ts'

let fleet: TemporaryFleet
const state = () => join(fleet.folder, 'state')
const env = () => ({
  PATH: `${join(fleet.folder, 'bin')}:${process.env.PATH ?? ''}`,
  HOME: fleet.folder,
  PP_FLEET: fleet.file,
  XDG_STATE_HOME: state(),
  XDG_CACHE_HOME: join(fleet.folder, 'cache'),
})

beforeAll(() => {
  fleet = new TemporaryFleet()
  fleet.rewrite((text) =>
    text.replace(
      /^environments:/m,
      `clusters:
  rack: {site: rack, namespace: pixelpulse}
  aws: {site: aws, namespace: pixelpulse}
services:
  render: {clusters: [rack, aws]}
  auth: {clusters: [rack]}
environments:`,
    ),
  )
  mkdirSync(join(fleet.folder, 'bin'))
  symlinkSync(join(packageRoot, 'bin/pp'), join(fleet.folder, 'bin/pp'))
  mkdirSync(join(fleet.folder, 'playbooks/drills'), {recursive: true})
  writeFileSync(join(fleet.folder, 'playbooks/drills/az-loss.yaml'), '')
  const journal = Journal.create(join(state(), 'pp/shop/rack/operations'), '0F3K8W2QX7')
  journal.append('opened', {kind: 'scale', target: 'service/render'})
  journal.close()
})
afterAll(() => {
  fleet[Symbol.dispose]()
})

const complete = async (...words: readonly string[]): Promise<readonly string[]> => {
  const {exitCode, stdout, stderr} = await runPp(['__complete', ...words], {env: env()})
  expect({exitCode, stderr}).toEqual({exitCode: 0, stderr: ''})
  return stdout.split('\n').filter(Boolean)
}
const names = async (...words: readonly string[]) =>
  (await complete(...words)).map((line) => line.split('\t')[0])

describe('names', () => {
  test.each([
    [
      ['scale', ''],
      ['render', 'auth'],
    ],
    [
      ['scale', 'render', '--site', ''],
      ['rack', 'aws'],
    ],
    [['status', '--env', ''], ['rack']],
    [
      ['failover', 'db', '--to', ''],
      ['db1', 'db2', 'db3'],
    ],
    [
      ['db', 'rejoin', 'e'],
      ['edge1', 'edge2'],
    ],
    [['failover', 'db', 'm'], ['main']],
    [['drill', 'a'], ['az-loss']],
    [['scale', 'render', '--site=a'], ['--site=aws']],
    // As bash splits it.
    [['scale', 'render', '--site', '=', 'a'], ['aws']],
    [
      ['scale', 'render', '--site', '='],
      ['rack', 'aws'],
    ],
    [['explain', 'CAPACITY_'], ['CAPACITY_SHORT']],
  ])('%j', async (words, expected) => {
    expect(await names(...words)).toEqual(expected)
  })

  test('of operations come with what they were about', async () => {
    expect(await complete('op', 'show', '')).toEqual(['0F3K8W2QX7\tscale of service/render'])
  })

  test('are those of the file as it is now, and none while it is wrong', async () => {
    const wrong = new TemporaryFleet()
    wrong.rewrite(() => 'name: [')
    expect(await complete('failover', 'db', '--fleet', wrong.file, '')).toEqual([])
    wrong.rewrite((text) => text.replace('  main:', '  other:'))
    expect(await names('failover', 'db', '--fleet', wrong.file, '')).toEqual(['other'])
    wrong[Symbol.dispose]()
  })
})

/** Prints what each Tab offers, and runs nothing that is typed. */
const shells = {
  bash: (words: readonly string[]) => `compopt() { echo files; }
source <(pp completion bash)
COMP_WORDS=(pp ${words.map((word) => `'${word}'`).join(' ')})
COMP_CWORD=${words.length}
_pp pp
printf '%s\\n' "\${COMPREPLY[@]}"`,
  zsh: (words: readonly string[]) => `compdef() { :; }
_describe() { print -l -- "\${(@)\${(@P)2}%%:*}"; }
_files() { print files; }
source <(pp completion zsh)
words=(pp ${words.map((word) => `'${word}'`).join(' ')})
CURRENT=${words.length + 1}
_pp`,
  fish: (words: readonly string[]) => `pp completion fish | source
complete -C 'pp ${words.join(' ')}'`,
}

for (const shell of Object.keys(shells) as (keyof typeof shells)[])
  describeWith([`/usr/bin/${shell}`], shell, () => {
    test('offers commands, flags and names', async () => {
      const offered = async (...words: readonly string[]) => {
        const {stdout} = await execa(shell, ['-c', shells[shell](words)], {env: env()})
        return stdout
          .split('\n')
          .map((line) => line.split('\t')[0])
          .filter(Boolean)
          .sort()
      }
      expect(await offered('roll')).toEqual(['rollback', 'rollout'])
      expect(await offered('scale', 're')).toEqual(['render'])
      expect(await offered('scale', 'render', '--si')).toEqual(['--site'])
      expect(await offered('deploy', 'auth', '--apply', 'none')).toEqual(shell === 'fish' ? [] : ['files'])
      // What is typed is never run.
      expect(await offered('scale', '$(touch typed)', '--site', '')).toEqual(['aws', 'rack'])
      expect(existsSync('typed')).toBe(false)
    })
  })

test('a shell that there is none of is a wrong command', async () => {
  const {exitCode, stderr} = await runPp(['completion', 'csh'])
  expect(exitCode).toBe(2)
  expect(stderr).toContain('bash')
})
