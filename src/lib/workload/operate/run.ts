import type {Fleet} from '../../fleet/types.ts'
import {announce} from '../../operation/announce.ts'
import {catchUp, takenOverElsewhere} from '../../operation/elsewhere.ts'
import {armFailpoint} from '../../operation/failpoint.ts'
import {newOperationId} from '../../operation/id.ts'
import {Journal} from '../../operation/journal.ts'
import {currentOperator} from '../../operation/operator.ts'
import {runOperation} from '../../operation/run.ts'
import {openJournal, operationsFolder} from '../../operation/store.ts'
import type {Direction} from '../../operation/types.ts'
import type {Progress} from '../../output/progress.ts'
import {openService, serviceTarget, type OpenService} from '../open-service.ts'
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
  const {fleet} = service
  const journal = Journal.create(operationsFolder(fleet), newOperationId())
  journal.append('opened', {
    kind: scaleKind,
    target: serviceTarget(intent.service),
    intent,
    operator: currentOperator(),
    fleet: {name: fleet.name, environment: fleet.environment, file: fleet.file},
  })
  const work = new Scaling(service, intent, {state, progress, planned, fingerprint})
  return drive({
    service,
    work,
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
  const journal = openJournal(fleet, id)
  const {service: name, site} = openedScale(journal.records)
  const service = await openService(fleet, name, site)
  try {
    const elsewhere = await catchUp(journal, service.keeper)
    if (elsewhere?.outcome !== undefined) throw takenOverElsewhere(elsewhere)
    const latest = elsewhere ? openJournal(fleet, id) : journal
    const intent = openedScale(latest.records)
    const state = {fields: [], clusters: []}
    const work = new Scaling(service, intent, {state, progress, fingerprint: ''})
    return await drive({service, work, journal: latest, progress, direction, isContinued: true})
  } finally {
    service.close()
  }
}

interface Drive {
  readonly service: OpenService
  readonly work: Scaling
  readonly journal: Journal
  readonly progress: Progress
  readonly direction: Direction
  readonly isContinued: boolean
  readonly expected?: string
}

async function drive({service, work, ...options}: Drive): Promise<ScaleReport> {
  const {fleet} = service
  const {journal, progress} = options
  if (fleet.lab !== undefined) armFailpoint()
  const {leaseSeconds, verifySeconds} = fleet.timings
  const announcer = await announce(fleet, {
    id: journal.id,
    kind: work.kind,
    target: work.target,
    inWords: inWords(work.intent),
    hosts: {},
  })
  try {
    const ending = await runOperation({work, leaseSeconds, verifySeconds, ...options, tell: announcer?.tell})
    const {intent, state, waited} = work
    return scaleReport({id: journal.id, intent, state, waited, ending, records: journal.records})
  } finally {
    announcer?.close()
    await progress.end()
    service.close()
  }
}

function inWords({service, clusters, undo}: ScaleIntent): string {
  if (undo) return `the undo of ${undo.operation}`
  const each = clusters.map(({cluster, now, wanted}) => `${cluster} ${now} → ${wanted}`)
  return `the scale of ${service} (${each.join(', ')})`
}
