// Scenario: a primary dies with transactions that no standby has, and another takes over. Before anybody touches the old
// disk, its WAL is brought to the operator's machine: whole, checksummed, with a summary. The host is left as it was.
// Incident behind it: a disk that was given back to its maker together with the last 40 seconds of orders.
import {afterEach, beforeEach, expect, test} from '@jest/globals'
import {execFileSync} from 'node:child_process'
import {mkdtempSync, readdirSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import {cut, powerOff} from '../../src/lib/lab/index.ts'
import {expectDone} from '../in-lab/ended.ts'
import {lab, onHost, sqlOn, useLab} from '../in-lab/lab.ts'
import {killServer} from '../in-lab/member.ts'
import {pp} from '../in-lab/pp.ts'
import {failureOf} from '../in-lab/report.ts'

useLab()

let into: string
beforeEach(() => {
  into = mkdtempSync(join(tmpdir(), 'pp-salvage-'))
})
afterEach(() => rmSync(into, {recursive: true}))

const salvage = () => pp(['db', 'salvage', 'db1', '--into', into, '--json'])

test('the WAL of a dead primary that no standby has is brought here, and its host is left as it was: exit 0', async () => {
  await cut(lab, 'db1', ['db2', 'db3'])
  await sqlOn(
    'db1',
    `set synchronous_commit = local; insert into pp.probe (writer, n) values ('only here', 1)`,
  )
  // Mended, its kernel would still deliver what the dead server had sent.
  await killServer('db1')
  const look = () =>
    onHost(
      'db1',
      'sh',
      '-c',
      'cd /var/lib/postgresql/15/main && find . -type f | sort | xargs sha256sum; ls -lR /var/lib/pp',
    )
  const before = await look()

  const ended = await salvage()
  expectDone(ended)
  const {folder, commits} = JSON.parse(ended.stdout) as {folder: string; commits: number}
  expect(commits).toBeGreaterThanOrEqual(1)
  expect(readdirSync(folder)).toEqual(expect.arrayContaining(['SHA256SUMS', 'summary.json']))
  expect(execFileSync('sha256sum', ['-c', 'SHA256SUMS'], {cwd: folder, encoding: 'utf8'})).toMatch(/: OK/)
  expect(await look()).toBe(before)
})

test('a server that runs and a host that is silent are refused, and nothing is left here: exit 3 and 5', async () => {
  expect(failureOf(await salvage())).toMatchObject({exitCode: 3, error: {code: 'STILL_RUNNING'}})
  await powerOff(lab, 'db1')
  expect(failureOf(await salvage())).toMatchObject({exitCode: 5, error: {code: 'HOST_UNREACHABLE'}})
  expect(readdirSync(into)).toEqual([])
})
