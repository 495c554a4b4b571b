import {join} from 'node:path'

import {Cluster} from '../database/cluster.ts'
import {findDatabase} from '../fleet/lookup.ts'
import type {Fleet, NotifyHook} from '../fleet/types.ts'
import {announce} from '../operation/announce.ts'
import {catchUp, chainOnVoters, takenOverElsewhere} from '../operation/elsewhere.ts'
import {armFailpoint} from '../operation/failpoint.ts'
import {newOperationId} from '../operation/id.ts'
import {Journal} from '../operation/journal.ts'
import {currentOperator} from '../operation/operator.ts'
import {runOperation} from '../operation/run.ts'
import {openJournal, operationsFolder} from '../operation/store.ts'
import type {Direction} from '../operation/types.ts'
import type {Progress} from '../output/progress.ts'
import {openClientHost} from './client-host.ts'
import {controlPlaneOf, withClusterHosts} from './cluster-hosts.ts'
import {Drilling} from './drilling.ts'
import {keepEvidence, type KeptEvidence} from './evidence/keep.ts'
import {openedDrill, type DrillIntent} from './intent.ts'
import {drillKind, drillTarget} from './kind.ts'
import {loadDrill} from './format/load.ts'
import type {PreparedDrill} from './prepare.ts'
import {drillsFolder} from './run-files.ts'
import {clusterOnSite} from './site-fault-on.ts'
import {singleSteps} from './steps.ts'

/** Runs a prepared drill to its verdict and keeps its evidence; its connections are closed then. */
export async function runDrill(prepared: PreparedDrill, progress: Progress): Promise<KeptEvidence> {
  const {cluster, intent} = prepared
  const {fleet} = cluster
  const journal = Journal.create(operationsFolder(fleet), newOperationId())
  journal.append('opened', {
    kind: drillKind,
    target: drillTarget(intent.database),
    intent,
    operator: currentOperator(),
    fleet: {name: fleet.name, environment: fleet.environment, file: fleet.file},
  })
  return drive({...prepared, journal, progress, direction: 'forward', isContinued: false})
}

/** Goes on with an interrupted run, or undoes it. @throws PpError as an operation that is gone on with. */
export async function continueDrill(
  declared: Fleet,
  journalId: string,
  direction: Direction,
  progress: Progress,
): Promise<KeptEvidence> {
  const fleet = withClusterHosts(declared)
  const journal = openJournal(fleet, journalId)
  const intent = openedDrill(journal.records)
  if (!intent) throw new Error(`${journalId} is no drill`)
  const cluster = await Cluster.open(fleet, findDatabase(fleet, intent.database))
  try {
    await connectControlPlanes(cluster, intent.resolved)
    const elsewhere = await catchUp(journal, {
      chain: (id) => chainOnVoters(id, cluster.voters, drillTarget(intent.database)),
    })
    if (elsewhere?.outcome !== undefined) throw takenOverElsewhere(elsewhere)
    const latest = elsewhere ? openJournal(fleet, journalId) : journal
    const client = await openClientHost(fleet, cluster)
    const notify = hooksOf(fleet, intent.drill.name)
    return await drive({
      cluster,
      client,
      intent,
      notify,
      journal: latest,
      progress,
      direction,
      isContinued: true,
    })
  } finally {
    await cluster.close()
  }
}

interface Drive extends Pick<PreparedDrill, 'cluster' | 'client' | 'intent' | 'notify'> {
  readonly journal: Journal
  readonly progress: Progress
  readonly direction: Direction
  readonly isContinued: boolean
}

async function drive({cluster, client, intent, notify, ...options}: Drive): Promise<KeptEvidence> {
  const {fleet} = cluster
  const {journal, progress} = options
  if (fleet.lab !== undefined) armFailpoint()
  const folder = join(drillsFolder(fleet), intent.run)
  await cluster.openLeases()
  const work = new Drilling({cluster, client, intent, operation: journal.id, folder, progress})
  const announcer = await announceDrill({...fleet, notify: [...fleet.notify, ...notify]}, journal.id, intent)
  const {leaseSeconds, verifySeconds} = fleet.timings
  try {
    const ending = await runOperation({work, leaseSeconds, verifySeconds, ...options, tell: announcer?.tell})
    return await keepEvidence({fleet, cluster, intent, files: work.running.files, journal, ending})
  } finally {
    announcer?.close()
    await work.running.monitor.stop()
    await progress.end()
    client.close()
    await cluster.close()
  }
}

/** Those of the API servers that it has stopped: they have to know who may start them. One that is silent is for the step to tell. */
async function connectControlPlanes(cluster: Cluster, {method}: DrillIntent['resolved']): Promise<void> {
  const sites = method
    .flatMap(singleSteps)
    .flatMap((step) =>
      step.kind === 'fault' && step.fault.kind === 'api-server-down' ? [step.fault.site] : [],
    )
  for (const site of sites)
    for (const {name} of controlPlaneOf(clusterOnSite(cluster.fleet, site))) await cluster.connect(name)
}

const announceDrill = (fleet: Fleet, id: string, {drill, resolved}: DrillIntent) =>
  announce(fleet, {
    id,
    kind: drillKind,
    target: drill.targets.database,
    inWords: `the drill ${drill.name}`,
    hosts: resolved.hosts,
  })

/** As its file has them now; a run is gone on with also when that is gone. */
function hooksOf(fleet: Fleet, drill: string): readonly NotifyHook[] {
  try {
    return loadDrill(fleet, drill).notify
  } catch {
    return []
  }
}
