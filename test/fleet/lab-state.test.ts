// A fleet that a lab plays, which has not all that the fleet file names.
import {afterAll, beforeAll, describe, expect, test} from '@jest/globals'
import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import {runPp} from '../run-pp.ts'
import {TemporaryFleet} from './temporary-fleet.ts'

let fleet: TemporaryFleet

beforeAll(() => {
  fleet = new TemporaryFleet()
  fleet.rewrite((text) =>
    text.replace('rack: {inventory: hosts.yaml}', 'rack: {inventory: hosts.yaml, lab: nodb}'),
  )
  const lab = join(fleet.folder, 'state/pp/labs/nodb')
  mkdirSync(lab, {recursive: true})
  writeFileSync(join(lab, 'ssh_config'), 'Host ctl1\n  HostName 10.77.0.41\n')
})
afterAll(() => {
  fleet[Symbol.dispose]()
})

const pp = (...argv: readonly string[]) =>
  runPp([...argv, '--fleet', fleet.file], {env: {XDG_STATE_HOME: join(fleet.folder, 'state')}})

describe('a lab without databases', () => {
  test('is whole for pp status, which says that they are not in it', async () => {
    const {exitCode, stdout, stderr} = await pp('status', '--check')
    expect({exitCode, stderr}).toEqual({exitCode: 0, stderr: ''})
    expect(stdout).toContain('database main   not in the lab nodb')
    expect((await pp('status', '--json')).json()).toMatchObject({databases: [], findings: []})
  })

  test.each([
    ['db', 'status'],
    ['db', 'status', 'main'],
    ['db', 'history'],
    ['failover', 'db', '--plan'],
  ])('pp %s %s says so before it asks anybody', async (...argv) => {
    const {exitCode, stderr} = await pp(...argv)
    expect(exitCode).toBe(5)
    expect(stderr).toContain('LAB_WITHOUT_DATABASE')
  })
})
