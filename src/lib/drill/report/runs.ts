import {existsSync, readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import * as z from 'zod/mini'

import {messageOf, usageError} from '../../errors.ts'
import type {Fleet} from '../../fleet/types.ts'
import type {DrillReport} from './report-types.ts'
import {drillsFolder} from '../run-files.ts'

/** What every reader needs; the rest is as it was written. */
const reportFile = z.looseObject({
  schemaVersion: z.literal(1),
  id: z.string(),
  drill: z.looseObject({name: z.string()}),
  startedAt: z.string(),
  outcome: z.string(),
})

export interface Runs {
  /** Newest first. */
  readonly runs: readonly DrillReport[]
  readonly unreadable: readonly {readonly file: string; readonly why: string}[]
}

/** Runs that have a report on this machine. A run that was interrupted has none yet. */
export function readRuns(fleet: Fleet): Runs {
  const folder = drillsFolder(fleet)
  const runs: DrillReport[] = []
  const unreadable: {file: string; why: string}[] = []
  for (const id of existsSync(folder) ? readdirSync(folder) : []) {
    const file = join(folder, id, 'report.json')
    if (!existsSync(file)) continue
    try {
      runs.push(reportFile.parse(JSON.parse(readFileSync(file, 'utf8'))) as unknown as DrillReport)
    } catch (error) {
      unreadable.push({file, why: messageOf(error).split('\n')[0] ?? ''})
    }
  }
  return {runs: runs.sort((a, b) => b.startedAt.localeCompare(a.startedAt)), unreadable}
}

/** The folder of a run, also of one whose report cannot be read any more. @throws PpError RUN_UNKNOWN. */
export function findFolder(fleet: Fleet, id: string): {readonly id: string; readonly folder: string} {
  const folder = drillsFolder(fleet)
  const names = existsSync(folder) ? readdirSync(folder) : []
  const matching = names.includes(id) ? [id] : names.filter((name) => name.startsWith(id))
  const name = id === 'latest' ? findReport(fleet, id).id : matching.length === 1 ? matching[0] : undefined
  if (name === undefined) throw runUnknown(id, matching)
  return {id: name, folder: join(folder, name)}
}

/** The run that is named so, whose name begins so, or the `latest`. @throws PpError RUN_UNKNOWN. */
export function findReport(fleet: Fleet, id: string): DrillReport {
  const {runs} = readRuns(fleet)
  const matching = id === 'latest' ? runs.slice(0, 1) : runs.filter((run) => run.id.startsWith(id))
  const exact = matching.find((run) => run.id === id)
  const [only, second] = exact ? [exact] : matching
  if (only && !second) return only
  throw runUnknown(
    id,
    matching.map((run) => run.id),
  )
}

const runUnknown = (id: string, matching: readonly string[]) =>
  usageError('RUN_UNKNOWN', {
    message: `No single run with evidence begins with "${id}": ${matching.join(', ') || 'none'}.`,
    hint: 'pp drill status',
  })
