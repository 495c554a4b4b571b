import {afterAll, beforeAll, expect, test} from '@jest/globals'
import fc from 'fast-check'
import {copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import {redacted} from '../../../src/lib/drill/evidence/redacted.ts'
import {writeSeal} from '../../../src/lib/drill/evidence/seal.ts'
import {writeEvidence} from '../../../src/lib/drill/evidence/write.ts'
import {trendOf} from '../../../src/lib/drill/report/history.ts'
import {verifyRun} from '../../../src/lib/drill/report/verify.ts'
import {Journal} from '../../../src/lib/operation/journal.ts'
import {registerSecret} from '../../../src/lib/redact.ts'
import {passed} from '../../fakes/drill-reports.ts'

// Escaped for HTML and XML it no longer looks like itself.
const sentinel = 'sentinel-<7f&3a>9c'
let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pp-evidence-'))
  const operations = mkdtempSync(join(tmpdir(), 'pp-operations-'))
  writeFileSync(join(folder, 'markers.ndjson'), '{"n":1,"fate":"acknowledged"}\n')
  registerSecret(sentinel)
  const report = redacted(passed({reasons: [`the password is ${sentinel}`]}))
  const journal = Journal.create(operations, '06FR4NY3KF')
  journal.append('opened', {kind: 'drill'})
  journal.append('closed', {outcome: 'done'})
  journal.append('evidence', {artifacts: writeEvidence(folder, report, trendOf([report]))})
  copyFileSync(journal.file, join(folder, 'journal.ndjson'))
  writeSeal(folder, journal.head)
  journal.close()
  rmSync(operations, {recursive: true})
})
afterAll(() => rmSync(folder, {recursive: true}))

test('evidence as it was written is intact, and nobody else may read it', () => {
  expect(verifyRun(folder)).toMatchObject({
    isIntact: true,
    records: 3,
    files: ['report.json', 'junit.xml', 'report.md', 'report.html', 'markers.ndjson'],
  })
  for (const name of ['report.json', 'report.html'])
    expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600)
})

test('a secret is in none of it', () => {
  const holding = readdirSync(folder).filter(
    (name) =>
      readFileSync(join(folder, name), 'utf8').includes('7f') &&
      readFileSync(join(folder, name), 'utf8').includes('sentinel-'),
  )
  expect(holding).toEqual([])
})

test('one byte that is changed anywhere is found, and its file is named', () => {
  const files = readdirSync(folder)
  fc.assert(
    fc.property(fc.constantFrom(...files), fc.nat(), fc.integer({min: 1, max: 255}), (file, at, flip) => {
      const path = join(folder, file)
      const whole = readFileSync(path)
      const changed = Buffer.from(whole)
      changed[at % whole.length]! ^= flip
      writeFileSync(path, changed)
      const verified = verifyRun(folder)
      writeFileSync(path, whole)
      expect(verified).toMatchObject({isIntact: false, file})
    }),
    {numRuns: 300},
  )
})

test('a file that is gone is named', () => {
  const path = join(folder, 'junit.xml')
  const whole = readFileSync(path)
  rmSync(path)
  expect(verifyRun(folder)).toMatchObject({isIntact: false, file: 'junit.xml', why: 'it is missing'})
  writeFileSync(path, whole)
})
