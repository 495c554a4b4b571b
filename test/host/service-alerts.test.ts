// Prometheus itself reads the rules of the services and of the database, plays their tests, and reads what their dashboards ask it.
import {afterAll, beforeAll, describe, expect, jest, test} from '@jest/globals'
import {existsSync} from 'node:fs'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {basename, join} from 'node:path'

import {execa} from 'execa'
import {stringify} from 'yaml'

import {packageRoot} from '../../src/lib/package-root.ts'
import {sourceFiles} from '../source-files.ts'

const program = '/usr/bin/promtool'
const hasPromtool = existsSync(program)
if (!hasPromtool) console.warn('SKIPPED: rules of alerts are tried by promtool (Debian: prometheus)')
const suite = hasPromtool ? describe : describe.skip

// Hours of samples, minute by minute, take ten seconds on a busy machine.
jest.setTimeout(120_000)

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pp-rules-'))
})
afterAll(() => rm(folder, {recursive: true}))

/** What it prints, and how it ends. */
async function promtool(...words: readonly string[]): Promise<{status: number | undefined; output: string}> {
  const {exitCode, all} = await execa(program, words, {cwd: packageRoot, reject: false, all: true})
  return {status: exitCode, output: all}
}

suite.each(sourceFiles('services/*/alerts.yaml', 'playbooks/ansible/roles/monitoring/files/alerts.yaml'))(
  '$file',
  ({file}) => {
    test('is accepted', async () => {
      expect(await promtool('check', 'rules', '--lint-fatal', file)).toMatchObject({status: 0})
    })

    test('fires when its tests say so, and not otherwise', async () => {
      const {status, output} = await promtool('test', 'rules', file.replace('.yaml', '.test.yaml'))
      expect({status, output}).toEqual({status: 0, output: expect.stringContaining('SUCCESS')})
    })
  },
)

suite.each(sourceFiles('services/*/dashboards/*.json'))('$file', ({file, text}) => {
  test('asks what Prometheus can read', async () => {
    const {panels} = JSON.parse(text) as {panels: {targets: {expr: string}[]}[]}
    const asked = panels.flatMap(({targets}) => targets.map(({expr}) => expr))
    expect(asked.length).toBeGreaterThan(5)
    const rules = asked.map((expr, index) => ({
      record: `panel:${index}`,
      expr: expr.replaceAll('$__rate_interval', '5m'),
    }))
    const at = join(folder, basename(file))
    await writeFile(at, stringify({groups: [{name: 'panels', rules}]}))
    expect(await promtool('check', 'rules', at)).toMatchObject({status: 0})
  })
})
