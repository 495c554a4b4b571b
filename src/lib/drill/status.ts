import {Cluster} from '../database/cluster.ts'
import {databasesThere} from '../fleet/lab-state.ts'
import type {Database, Fleet} from '../fleet/types.ts'
import {lockHolder} from '../operation/lock.ts'
import {startedRuns} from './find-run.ts'
import {readLever, type LeverState} from './lever/lever.ts'
import {leverOf} from './lever/lever-of.ts'
import {drillTarget} from './kind.ts'
import {listDrills} from './format/load.ts'
import {readRuns} from './report/runs.ts'

/** A run without an end: under way, or interrupted. */
export interface UnfinishedRun {
  /** Its operation where another machine has begun it. */
  readonly run: string
  readonly owner: string
  readonly step: string | undefined
  readonly openedAt: string | undefined
}

export interface DrillStatus {
  readonly levers: readonly (LeverState & {readonly database: string})[]
  readonly unfinished: readonly UnfinishedRun[]
  readonly drills: readonly {
    readonly name: string
    readonly last: {readonly run: string; readonly outcome: string; readonly endedAt: string} | undefined
  }[]
}

/** What drills there are, what became of each last, and what is under way. */
export async function drillStatus(fleet: Fleet): Promise<DrillStatus> {
  const {runs} = readRuns(fleet)
  const started = startedRuns(fleet)
  const places = await Promise.all(databasesThere(fleet).map((database) => lookAt(fleet, database)))
  const elsewhere = places
    .flatMap(({holder}) => holder ?? [])
    .filter(({operation}) => !started.some((run) => run.operation.id === operation))
  return {
    levers: places.map(({lever}) => lever),
    unfinished: [
      ...started
        .filter(({operation}) => operation.outcome === undefined)
        .map(({run, operation: {owner, step, openedAt}}) => ({run, owner, step, openedAt})),
      ...elsewhere.map(({operation, owner, step, grantedTime}) => ({
        run: operation,
        owner,
        step: step ?? undefined,
        openedAt: grantedTime ?? undefined,
      })),
    ],
    drills: listDrills(fleet).map((name) => {
      const last = runs.find(({drill}) => drill.name === name)
      return {name, last: last && {run: last.id, outcome: last.outcome, endedAt: last.endedAt}}
    }),
  }
}

/** What the voters of a database know. */
async function lookAt(fleet: Fleet, database: Database) {
  const cluster = await Cluster.open(fleet, database)
  try {
    const [lever, holder] = await Promise.all([
      readLever(leverOf(cluster)),
      lockHolder(drillTarget(database.name), cluster.voters),
    ])
    return {lever: {database: database.name, ...lever}, holder}
  } finally {
    await cluster.close()
  }
}
