import {copyFileSync, rmSync} from 'node:fs'
import {join} from 'node:path'

import type {Fleet} from '../../fleet/types.ts'
import type {Journal} from '../../operation/journal.ts'
import type {Ending} from '../../operation/run.ts'
import type {Cluster} from '../../database/cluster.ts'
import {trendOf} from '../report/history.ts'
import type {DrillIntent} from '../intent.ts'
import {drillReport} from '../report/report.ts'
import type {DrillReport} from '../report/report-types.ts'
import {drillsFolder, type RunFiles} from '../run-files.ts'
import {readRuns} from '../report/runs.ts'
import {showDrillReport} from '../show/report.ts'
import {versionsOf} from '../report/versions.ts'
import {redacted} from './redacted.ts'
import {writeSeal} from './seal.ts'
import {writeEvidence} from './write.ts'

export interface KeptEvidence {
  readonly report: DrillReport
  readonly text: string
}

export interface EndedRun {
  readonly fleet: Fleet
  readonly cluster: Cluster
  readonly intent: DrillIntent
  readonly files: RunFiles
  readonly journal: Journal
  readonly ending: Ending
}

/** Makes the report of a run, writes its evidence, and says in the journal by its hashes what was written. */
export async function keepEvidence(run: EndedRun): Promise<KeptEvidence> {
  const {fleet, cluster, intent, files, journal, ending} = run
  const report = redacted(
    drillReport({
      fleet,
      intent,
      operation: journal.id,
      records: journal.records,
      ...files.read(),
      ending,
      versions: await versionsOf(cluster),
    }),
  )
  const earlier = readRuns(fleet).runs.filter(
    ({id, drill}) => drill.name === intent.drill.name && id !== report.id,
  )
  const trend = trendOf([...earlier.toReversed(), report])
  const artifacts = writeEvidence(files.folder, report, trend)
  journal.append('evidence', {artifacts})
  copyFileSync(journal.file, join(files.folder, 'journal.ndjson'))
  writeSeal(files.folder, journal.head)
  removeOld(fleet, earlier, intent.drill.evidence.keep)
  return {report, text: showDrillReport(report, trend, files.folder)}
}

/** @param earlier newest first. */
function removeOld(fleet: Fleet, earlier: readonly DrillReport[], keep: number): void {
  for (const {id} of earlier.slice(Math.max(0, keep - 1)))
    rmSync(join(drillsFolder(fleet), id), {recursive: true, force: true})
}
