import {mkdir, rm} from 'node:fs/promises'
import {machineBootId} from '../drivers/machine/processes.ts'
import {makeSecrets, writeSshFiles} from './access.ts'
import {refusal, type PpError} from '../errors.ts'
import {endsWithBoot} from '../fault/types.ts'
import type {Progress} from '../output/progress.ts'
import {emulatorPackages} from './aws/packages.ts'
import {defaultRealNodes} from './aws/slots.ts'
import {baseName, ensureBase} from './base.ts'
import {claimLab} from './claim.ts'
import {makeArchive, makeDisk, writeHostsFile} from './disk.ts'
import {programsName} from './cluster/programs.ts'
import {hostsOf, hostSpec, type Profile} from './hosts.ts'
import {makeSwitches} from './network.ts'
import {labPaths} from './paths.ts'
import {boot, isPowered, powerOff, waitForSsh} from './power.ts'
import {removeRemains} from './remains.ts'
import {sites} from './sites.ts'
import {readRecord, writeRecord, type HostRecord, type LabRecord} from './state.ts'
import {subnetOf} from './subnet.ts'

/** How a lab is made; what is undefined stays as it is, or is as a new lab has it. */
export interface LabSettings {
  readonly profile?: Profile | undefined
  /** Whether commits wait for a standby. */
  readonly synchronous?: boolean | undefined
  /** How many instances of node groups are hosts at most. Those that are there stay as they are. */
  readonly realNodes?: number | undefined
}

export interface BareLab {
  readonly record: LabRecord
  /** Hosts that were off and have been booted. */
  readonly booted: readonly string[]
}

/**
 * Brings the hosts of a lab up with whatever is on their disks: nothing but sshd when they are new. The caller holds
 * the lab's lock. What an earlier run left half made is completed, or removed where it cannot be.
 */
export async function hostsUp(lab: string, wanted: LabSettings, progress: Progress): Promise<BareLab> {
  const before = await readRecord(lab)
  if (before) assertAsWanted(before, wanted)
  await claimLab(lab)
  const base = await ensureBase(progress)
  const found = await usableRecord(lab, progress)
  const {realNodes, ...kept} = found ?? newRecord(lab, wanted)
  const record = await connect({...kept, realNodes: wanted.realNodes ?? realNodes})
  await makeSecrets(lab)
  await makeArchive(lab, base)
  await Promise.all(record.hosts.map((host) => makeDisk(record, host, base)))
  await writeSshFiles(record)
  return bootMissing(record, progress)
}

/** The record when its disks can be used; a lab of another base, or one that no record describes, is removed. */
async function usableRecord(lab: string, progress: Progress): Promise<LabRecord | undefined> {
  const record = await readRecord(lab)
  if (record && isCurrent(record)) return record
  if (record) progress.note(`lab ${lab} was made from an older root file system: it is made anew`)
  await removeRemains(lab)
  await rm(labPaths(lab).state, {recursive: true, force: true})
  return undefined
}

function isCurrent({base, programs, emulator}: LabRecord): boolean {
  return (
    base === baseName() &&
    (programs === null || programs === programsName()) &&
    (emulator === null || emulator === emulatorPackages())
  )
}

function newRecord(lab: string, {profile = 'database', synchronous = true}: LabSettings): LabRecord {
  const hosts = hostsOf[profile]
  return {
    schemaVersion: 1,
    name: lab,
    profile,
    bootId: '',
    base: baseName(),
    programs: hosts.some(({hasKubernetes}) => hasKubernetes) ? programsName() : null,
    emulator: hosts.some(({site}) => site === 'aws') ? emulatorPackages() : null,
    synchronous,
    subnetIndex: null,
    setUp: null,
    hosts: hosts.map(({name, site, hasDataDisk, hasKubernetes}) => ({
      name,
      site,
      hasDataDisk,
      hasKubernetes,
      ip: '',
      mac: '',
      supervisor: null,
      init: null,
      instance: null,
    })),
    realNodes: defaultRealNodes,
    simulated: [],
    faults: [],
    siteFaults: [],
    reconciler: null,
  }
}

/** Makes the network, and gives the hosts their addresses in it; they are off when it had to be made anew. */
async function connect(before: LabRecord): Promise<LabRecord> {
  await mkdir(labPaths(before.name).state, {recursive: true, mode: 0o700})
  const ofSites = sites.filter((site) => before.hosts.some((host) => host.site === site))
  const {index, isNew} = await makeSwitches(before.name, before.subnetIndex, ofSites)
  if (isNew) await Promise.all(before.hosts.map((host) => powerOff(before.name, host)))
  const hosts = before.hosts.map((host): HostRecord => ({
    ...host,
    ...addressesOf(host.name, index),
    ...(isNew && {supervisor: null, init: null}),
  }))
  // Cuts lie in the switch, frozen hosts and killed processes are gone with their boot.
  const faults = before.faults.filter(({kind}) => !isNew || kind === 'power-off' || kind === 'disk-full')
  // The link is as new as the switches.
  const siteFaults = before.siteFaults.filter(({kind}) => !isNew || kind !== 'link')
  const record = {...before, subnetIndex: index, hosts, faults, siteFaults}
  await writeRecord(record)
  return record
}

/** The same for a host as long as its lab has this subnet. */
export function addressesOf(name: string, index: number): Pick<HostRecord, 'ip' | 'mac'> {
  const {number, site} = hostSpec(name)
  const hex = (value: number): string => value.toString(16).padStart(2, '0')
  return {
    ip: `${subnetOf(index, site).prefix}.${number}`,
    mac: `02:70:70:${hex(index)}:${hex(sites.indexOf(site))}:${hex(number)}`,
  }
}

async function bootMissing(before: LabRecord, progress: Progress): Promise<BareLab> {
  const meantToBeOff = new Set(before.faults.filter(({kind}) => kind === 'power-off').map(({host}) => host))
  const powered = await Promise.all(before.hosts.map(isPowered))
  const missing = before.hosts.filter(
    (host, index) => powered[index] !== true && !meantToBeOff.has(host.name),
  )
  if (missing.length === 0) return {record: before, booted: []}
  progress.start('boot', `boot ${missing.map(({name}) => name).join(' ')}`)
  const booted = await Promise.all(
    missing.map(async (host) => {
      const off = await powerOff(before.name, host)
      await writeHostsFile(before, host)
      return boot(before, off)
    }),
  )
  const hosts = before.hosts.map((host) => booted.find(({name}) => name === host.name) ?? host)
  const names = new Set(booted.map(({name}) => name))
  const faults = before.faults.filter(({kind, host}) => !names.has(host) || !endsWithBoot(kind))
  const record = {...before, hosts, faults, bootId: await machineBootId()}
  await writeRecord(record)
  await Promise.all(booted.map((host) => waitForSsh(host)))
  progress.done('boot')
  return {record, booted: booted.map(({name}) => name)}
}

/** @throws PpError LAB_SETTING_DIFFERS. */
export function assertAsWanted({name, ...has}: LabRecord, {profile, synchronous}: LabSettings): void {
  if (profile !== undefined && has.profile !== profile)
    throw settingDiffers(name, `its profile is ${has.profile}`)
  if (synchronous !== undefined && has.synchronous !== synchronous)
    throw settingDiffers(name, `commits in it ${has.synchronous ? 'wait' : 'do not wait'} for a standby`)
}

const settingDiffers = (name: string, has: string): PpError =>
  refusal('LAB_SETTING_DIFFERS', {
    message: `Lab "${name}" is there already, and ${has}.`,
    hint: 'Make it anew: pp lab down, then pp lab up with the other setting',
  })
