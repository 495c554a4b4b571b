import {createHash} from 'node:crypto'
import {closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync} from 'node:fs'
import {join} from 'node:path'

import {redact} from '../../redact.ts'
import type {Trend} from '../report/history.ts'
import type {DrillReport} from '../report/report-types.ts'
import {htmlOf} from './html.ts'
import {junitOf} from './junit.ts'
import {markdownOf} from './markdown.ts'

/** What the run itself has left beside them. */
const measured = ['markers.ndjson', 'probes.ndjson', 'looks.ndjson']

/** Writes the evidence of a run, each file whole or not at all. @returns sha256 of every artifact, by file name. */
export function writeEvidence(
  folder: string,
  report: DrillReport,
  trend: Trend,
): Readonly<Record<string, string>> {
  const texts: Readonly<Record<string, string>> = {
    'report.json': `${JSON.stringify(report, undefined, 2)}\n`,
    'junit.xml': junitOf(report),
    'report.md': markdownOf(report, trend),
    'report.html': htmlOf(report, trend),
  }
  for (const [name, text] of Object.entries(texts)) writeWhole(join(folder, name), redact(text))
  const names = [...Object.keys(texts), ...measured.filter((name) => existsSync(join(folder, name)))]
  return Object.fromEntries(names.map((name) => [name, hashOfFile(join(folder, name))]))
}

export const hashOfFile = (file: string): string =>
  createHash('sha256').update(readFileSync(file)).digest('hex')

function writeWhole(file: string, text: string): void {
  const descriptor = openSync(`${file}.new`, 'w', 0o600)
  try {
    writeSync(descriptor, text)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  renameSync(`${file}.new`, file)
}
