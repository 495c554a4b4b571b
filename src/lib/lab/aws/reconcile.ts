import {rm} from 'node:fs/promises'
import {addressesOf} from '../bare.ts'
import {writeSshFiles} from '../access.ts'
import {basePath} from '../base.ts'
import {nodesOf, removeNode} from '../cluster/nodes.ts'
import {makeDisk, writeHostsFile} from '../disk.ts'
import {hostSpec} from '../hosts.ts'
import {labPaths} from '../paths.ts'
import {boot, powerOff, waitForSsh} from '../power.ts'
import {setUpNodes} from '../setup.ts'
import {requireRecord, writeRecord, type HostRecord, type LabRecord, type SimulatedNode} from '../state.ts'
import type {Progress} from '../../output/progress.ts'
import {listInstances, tellInstance, type AwsInstance} from './emulator.ts'
import {startKwok} from './process.ts'
import {joinSimulated, shareOut, simulatedOf} from './simulated.ts'

/** Runs a task while nobody else changes the lab. */
type Locking = <T>(task: () => Promise<T>) => Promise<T>

export interface Reconciling {
  readonly locking: Locking
  readonly progress: Progress
  readonly signal?: AbortSignal | undefined
}

/**
 * Makes true what the emulator tells: an instance that is pending is a host that boots and joins the cluster, one that
 * shuts down is a node that is drained and a host that is switched off and forgotten. Beyond the hosts that the lab may have,
 * an instance is a node whose kubelet KWOK plays.
 *
 * @returns whether anything was done.
 */
export async function reconcile(lab: string, {locking, progress, signal}: Reconciling): Promise<boolean> {
  const before = await requireRecord(lab)
  const wanted = await listInstances(before)
  const leaving = before.hosts.filter(({instance}) => instance !== null && isOver(instance, wanted))
  for (const host of leaving) await retire(lab, host, locking)
  const vanishing = before.simulated.filter(({instance}) => isOver(instance, wanted))
  for (const one of vanishing) await retireSimulated(lab, one, locking)
  const forgotten = wanted.filter(({id, state}) => state === 'shutting-down' && !isPlayed(before, id))
  for (const {id} of forgotten) await tellInstance(before, id, 'terminated')
  await locking(async () => bootDue(await requireRecord(lab), wanted))
  const joining = await join(lab, wanted, progress, signal)
  return leaving.length + vanishing.length + joining > 0
}

const hostOf = ({hosts}: LabRecord, id: string): HostRecord | undefined =>
  hosts.find(({instance}) => instance === id)

const isPlayed = (record: LabRecord, id: string): boolean =>
  hostOf(record, id) !== undefined || simulatedOf(record, id) !== undefined

const isOver = (instance: string, wanted: readonly AwsInstance[]): boolean =>
  !wanted.some(({id, state}) => id === instance && state !== 'shutting-down')

/** As a managed node group does it: what runs there moves away first, for as long as a real one would be patient here. */
async function retire(lab: string, host: HostRecord, locking: Locking): Promise<void> {
  const {instance} = host
  await removeNode(await requireRecord(lab), host.name)
  await locking(async () => {
    const record = await requireRecord(lab)
    await powerOff(lab, host)
    const hosts = record.hosts.filter(({name}) => name !== host.name)
    const faults = record.faults.filter((fault) => fault.host !== host.name)
    await writeRecord({...record, hosts, faults})
    await rm(labPaths(lab).host(host.name), {recursive: true, force: true})
  })
  if (instance !== null) await tellInstance(await requireRecord(lab), instance, 'terminated')
}

/** The same without a host. */
async function retireSimulated(
  lab: string,
  {node, instance}: SimulatedNode,
  locking: Locking,
): Promise<void> {
  await removeNode(await requireRecord(lab), node)
  await locking(async () => {
    const record = await requireRecord(lab)
    await writeRecord({...record, simulated: record.simulated.filter((one) => one.instance !== instance)})
  })
  await tellInstance(await requireRecord(lab), instance, 'terminated')
}

/** Boots a host for each instance that has none and whose time has come, as many as the lab may have. The caller holds the lab's lock. */
export async function bootDue(before: LabRecord, wanted: readonly AwsInstance[]): Promise<LabRecord> {
  const due = wanted.filter(
    ({id, state, ageSeconds, delaySeconds}) =>
      state !== 'shutting-down' && ageSeconds >= delaySeconds && !isPlayed(before, id),
  )
  if (due.length === 0) return before
  const {real, simulated} = shareOut(before, due)
  const added = real.map(({id, host}) => hostFor(id, host, before.subnetIndex ?? 0))
  const names = new Set(added.map(({name}) => name))
  const record = {
    ...before,
    hosts: [...before.hosts.filter(({name}) => !names.has(name)), ...added],
    simulated: [...before.simulated, ...simulated.map(({id, host}) => ({node: host, instance: id}))],
  }
  await writeRecord(record)
  await Promise.all(added.map((host) => makeDisk(record, host, basePath())))
  await writeSshFiles(record)
  const booted = await Promise.all(
    added.map(async (host) => {
      await writeHostsFile(record, host)
      return boot(record, await powerOff(record.name, host))
    }),
  )
  const hosts = record.hosts.map((host) => booted.find(({name}) => name === host.name) ?? host)
  const done = {...record, hosts}
  await writeRecord(done)
  await Promise.all(booted.map((host) => waitForSsh(host)))
  return done
}

function hostFor(instance: string, name: string, index: number): HostRecord {
  const {site, hasDataDisk, hasKubernetes} = hostSpec(name)
  const addresses = addressesOf(name, index)
  return {name, site, hasDataDisk, hasKubernetes, ...addresses, supervisor: null, init: null, instance}
}

/** Sets up the nodes that have not joined, and tells those that are Ready. @returns how many there were. */
async function join(
  lab: string,
  wanted: readonly AwsInstance[],
  progress: Progress,
  signal: AbortSignal | undefined,
): Promise<number> {
  const record = await requireRecord(lab)
  const isWhole = (host: string) => record.faults.every((fault) => fault.host !== host)
  await startKwok(record)
  const pending = wanted.filter(
    ({id, state, host}) => state === 'pending' && isPlayed(record, id) && isWhole(host),
  )
  if (pending.length === 0) return 0
  const known = await nodesOf(record, 'aws')
  const absent = pending.filter(({id}) => !known.some(({providerID}) => providerID?.endsWith(`/${id}`)))
  await joinSimulated(record, absent.filter(({id}) => simulatedOf(record, id))) // prettier-ignore
  const unset = absent.filter(({id}) => hostOf(record, id))
  if (unset.length > 0)
    await setUpNodes(record, wanted, unset.map(({host}) => host), {progress, signal}) // prettier-ignore
  for (const {id} of pending) {
    const node = (await nodesOf(record, 'aws')).find(({providerID}) => providerID?.endsWith(`/${id}`))
    if (node?.isReady === true) await tellInstance(record, id, 'running')
  }
  return pending.length
}
