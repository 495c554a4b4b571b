import type {Fleet} from '../../fleet/types.ts'
import {openJournal} from '../../operation/store.ts'
import type {Direction} from '../../operation/types.ts'
import type {Progress} from '../../output/progress.ts'
import {openService, serviceTarget, type OpenService} from '../open-service.ts'
import {beginJournal, latestJournal, runOnService, type ServiceRun} from '../run-on-service.ts'
import {openedScale} from './intent.ts'
import type {PreparedScale} from './prepare.ts'
import {scaleReport, type ScaleReport} from './report.ts'
import {scaleKind, Scaling} from './scaling.ts'
import type {ScaleIntent} from './types.ts'

/** Does what was prepared; its connections are closed then. @throws PpError when nothing was touched. */
export async function performScale(
  {service, intent, state, fingerprint, planned}: PreparedScale,
  progress: Progress,
): Promise<ScaleReport> {
  const about = {kind: scaleKind, target: serviceTarget(intent.service), intent}
  const journal = beginJournal(service.fleet, about)
  const work = new Scaling(service, intent, {state, progress, planned, fingerprint})
  return drive(service, work, {
    journal,
    progress,
    direction: 'forward',
    isContinued: false,
    expected: fingerprint,
  })
}

/** Goes on with an interrupted scale, forward or back. */
export async function continueScale(
  fleet: Fleet,
  id: string,
  direction: Direction,
  progress: Progress,
): Promise<ScaleReport> {
  const known = openJournal(fleet, id)
  const {service: name, site} = openedScale(known.records)
  const service = await openService(fleet, name, site)
  try {
    const journal = await latestJournal(fleet, known, service.keeper)
    const intent = openedScale(journal.records)
    const state = {fields: [], clusters: [], groups: []}
    const work = new Scaling(service, intent, {state, progress, fingerprint: ''})
    return await drive(service, work, {journal, progress, direction, isContinued: true})
  } finally {
    service.close()
  }
}

async function drive(service: OpenService, work: Scaling, run: ServiceRun): Promise<ScaleReport> {
  const ending = await runOnService(service, work, inWords(work.intent), run)
  const {intent, state, waited} = work
  const {id, records} = run.journal
  return scaleReport({id, intent, state, waited, ending, records})
}

function inWords({service, clusters, undo}: ScaleIntent): string {
  if (undo) return `the undo of ${undo.operation}`
  const each = clusters.map(({cluster, now, wanted}) => `${cluster} ${now} → ${wanted}`)
  return `the scale of ${service} (${each.join(', ')})`
}
