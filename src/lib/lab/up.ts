import {waitUntil} from '../drivers/machine/processes.ts'
import type {Progress} from '../output/progress.ts'
import {awsEndpoint, listInstances, startEmulator, type AwsInstance} from './aws/emulator.ts'
import {ensureEmulatorPackages} from './aws/packages.ts'
import {startKwok, startReconciler} from './aws/process.ts'
import {bootDue, reconcile} from './aws/reconcile.ts'
import {assertAsWanted, hostsUp} from './bare.ts'
import {ensureProgram, ensurePrograms} from './cluster/build.ts'
import {kwok} from './cluster/programs.ts'
import {waitForCluster} from './cluster/health.ts'
import {pagesOf, type Page} from './cluster/pages.ts'
import {ensureServiceImages, ownImage} from './cluster/service-images.ts'
import {servicesUp} from './cluster/services.ts'
import {labHealth, reviveServices, waitForHealth} from './health.ts'
import {labAwsEndpointFile, labImageFile, labPrometheusFile} from '../fleet/lab-state.ts'
import {writeWhole} from './files.ts'
import {hostsOf, monitoringHost, type Profile} from './hosts.ts'
import {withLabLock} from './lock.ts'
import {isFirstState, rememberFirstState} from './reset.ts'
import {setUpHash, setUpHosts} from './setup.ts'
import {
  hasAws,
  hasCluster,
  hasDatabase,
  hasMonitoring,
  findHost,
  readRecord,
  requireRecord,
  writeRecord,
  type LabRecord,
} from './state.ts'
import {assertSupported} from './support.ts'

export interface UpOptions {
  readonly progress: Progress
  /** Which hosts there are; undefined keeps what the lab has, and is `database` for a new one. */
  readonly profile?: Profile | undefined
  /** Whether commits wait for a standby; undefined keeps what the lab has, and is true for a new one. */
  readonly synchronous?: boolean | undefined
  /** How many instances of node groups are hosts at most; undefined keeps what the lab has. */
  readonly realNodes?: number | undefined
  readonly signal?: AbortSignal | undefined
}

export interface UpResult {
  readonly lab: string
  /** Hosts that were booted by this call. */
  readonly booted: readonly string[]
  /** Whether the playbook was played. */
  readonly setUp: boolean
  /** undefined without a database, and while faults are in force: a broken lab need not be healthy. */
  readonly primary: string | undefined
  /** Where the sites serve the page. */
  readonly pages: readonly Page[]
  readonly seconds: number
  readonly record: LabRecord
}

/**
 * Brings a lab up, whatever is there of it: makes it, completes it, boots it, or finds that there is nothing to do.
 *
 * @throws PpError LAB_UNSUPPORTED, LAB_OWNED_ELSEWHERE, LAB_NO_SUBNET, LAB_SETTING_DIFFERS before anything is touched.
 */
export async function labUp(lab: string, {progress, signal, ...settings}: UpOptions): Promise<UpResult> {
  const started = performance.now()
  const known = await readRecord(lab)
  if (known) assertAsWanted(known, settings)
  const profile = settings.profile ?? known?.profile ?? 'database'
  const isCluster = hostsOf[profile].some(({hasKubernetes}) => hasKubernetes)
  await assertSupported(isCluster)
  // Before the lock: a build may take long, and touches no lab.
  if (isCluster) await ensurePrograms(progress, signal)
  if (hostsOf[profile].some(({site}) => site === 'aws')) {
    await ensureEmulatorPackages(progress)
    await ensureProgram(kwok, progress, signal)
  }
  const images = isCluster
    ? await ensureServiceImages(profile === 'full' ? 'all' : 'pp', progress, signal)
    : undefined
  return withLabLock(lab, async () => {
    const bare = await hostsUp(lab, {...settings, profile}, progress)
    const {booted} = bare
    const {record, instances} = await nodeGroupsUp(bare.record, progress)
    if (hasMonitoring(record))
      await writeWhole(labPrometheusFile(lab), `http://${findHost(record, monitoringHost).ip}:9090\n`)
    const wanted = await setUpHash(record, images)
    const isBroken = record.faults.length > 0 || record.siteFaults.length > 0
    const needsSetUp = record.setUp !== wanted && !isBroken
    if (needsSetUp) await setUpHosts(record, instances, {progress, services: images, signal})
    const primary = isBroken || !hasDatabase(record) ? undefined : await healthy(record, progress)
    if (hasCluster(record) && !isBroken) await clusterReady(record, progress, needsSetUp)
    const made = hasAws(record) ? await startReconciler(await requireRecord(lab)) : record
    const done = needsSetUp ? {...made, setUp: wanted} : made
    if (needsSetUp && hasDatabase(record)) await rememberAsFirst(record, progress)
    if (images) await writeWhole(labImageFile(lab), `${ownImage(images)}\n`)
    if (images && profile === 'full' && !isBroken && (needsSetUp || booted.length > 0))
      await servicesUp(record, images, progress)
    await writeRecord(done)
    return {
      lab,
      booted,
      setUp: needsSetUp,
      primary,
      pages: pagesOf(done),
      seconds: (performance.now() - started) / 1000,
      record: done,
    }
  })
}

async function healthy(record: LabRecord, progress: Progress): Promise<string> {
  progress.start('health', 'wait until the standbys stream and the poolers answer')
  if ((await labHealth(record)).wrong.length > 0) await reviveServices(record)
  const primary = await waitForHealth(record, 60)
  progress.done('health', `${primary} is primary, its standbys stream, the poolers answer`)
  return primary
}

/** Starts AWS, and boots a host for each instance that its node groups want. */
async function nodeGroupsUp(
  record: LabRecord,
  progress: Progress,
): Promise<{record: LabRecord; instances: readonly AwsInstance[]}> {
  if (!hasAws(record)) return {record, instances: []}
  progress.start('aws', 'start AWS, and the nodes that its node groups want')
  await startEmulator(record)
  await writeWhole(labAwsEndpointFile(record.name), `${awsEndpoint(record)}\n`)
  // It takes a moment to launch what a new group wants.
  await waitUntil(async () => (await listInstances(record)).length > 0, 10, 200)
  const instances = await listInstances(record)
  const booted = await bootDue(record, instances)
  await startKwok(booted)
  progress.done('aws', `AWS answers at ${awsEndpoint(record)}`)
  return {record: booted, instances}
}

async function clusterReady(record: LabRecord, progress: Progress, isSetUp: boolean): Promise<void> {
  progress.start('cluster', 'wait until the nodes are Ready, and DNS and metrics answer')
  const reconciling = {locking: <T>(task: () => Promise<T>) => task(), progress}
  if (hasAws(record) && !isSetUp) await reconcile(record.name, reconciling)
  await waitForCluster(record, 90)
  if (hasAws(record)) await reconcile(record.name, reconciling)
  progress.done('cluster', 'the nodes are Ready, DNS and metrics answer')
}

/** A later run of the playbook finds the cluster as operations have left it, which is no first state any more. */
async function rememberAsFirst(record: LabRecord, progress: Progress): Promise<void> {
  if (record.setUp !== null && !(await isFirstState(record))) return
  progress.start('first', 'keep a copy of the first state')
  await rememberFirstState(record)
  await waitForHealth(record, 60)
  progress.done('first')
}
