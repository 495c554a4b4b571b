import {afterEach, beforeEach, expect, test} from '@jest/globals'
import {chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import {runK6, versionOfK6, type K6Run} from '../../src/lib/drivers/k6/k6.ts'

// A program of that name on PATH stands for k6: it does what a test says, and notes its arguments.
const path = process.env.PATH
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pp-k6-test-'))
  process.env.PATH = `${folder}:/usr/bin:/bin`
})
afterEach(() => {
  process.env.PATH = path
  rmSync(folder, {recursive: true})
})

function k6(script: string): void {
  const file = join(folder, 'k6')
  writeFileSync(file, `#!/bin/sh\nprintf '%s\\n' "$@" >${folder}/arguments\n${script}\n`)
  chmodSync(file, 0o755)
}
const run = (parts: Partial<K6Run> = {}) =>
  runK6({
    script: '/s/load.js',
    variables: {RATE: '3 0', BASE_URL: 'http://x'},
    timeoutSeconds: 20,
    isStopped: () => false,
    ...parts,
  })

test('a machine without it has no version', async () => {
  expect(await versionOfK6()).toBeUndefined()
  k6('echo k6 v1.4.0')
  expect(await versionOfK6()).toBe('k6 v1.4.0')
})

test('it gets the script and its variables, and its summary is told', async () => {
  k6(`for last; do case $before in --summary-export) file=$last;; esac; before=$last; done
echo '{"metrics":{"iterations":{"count":7,"rate":1},"checks":{"passes":13,"fails":1,"value":0.9}}}' >"$file"`)
  expect(await run()).toEqual({kind: 'ended', isMet: true, summary: '7 iterations, 13 of 14 checks held'})
  const given = readFileSync(join(folder, 'arguments'), 'utf8').trim().split('\n')
  expect(given.slice(-5)).toEqual(['-e', 'RATE=3 0', '-e', 'BASE_URL=http://x', '/s/load.js'])
})

test('thresholds that were not met are a measurement, anything else is a failure', async () => {
  k6('exit 99')
  expect(await run()).toMatchObject({kind: 'ended', isMet: false})
  k6('echo "no such script" >&2; exit 107')
  expect(await run()).toEqual({kind: 'failed', status: 107, said: 'no such script'})
})

test('it is ended when the run is stopped, or when its time is over', async () => {
  k6('exec sleep 60')
  expect(await run({isStopped: () => true})).toEqual({kind: 'stopped'})
  expect(await run({timeoutSeconds: 0.1})).toEqual({kind: 'late'})
})
