import {readFile} from 'node:fs/promises'
import * as z from 'zod'
import {machineBootId} from '../drivers/machine/processes.ts'
import {refusal} from '../errors.ts'
import {faultKinds, type FaultRecord} from '../fault/types.ts'
import {writeWhole} from './files.ts'
import {hostsOf, monitoringHost, profiles} from './hosts.ts'
import {defaultRealNodes} from './aws/slots.ts'
import {labPaths} from './paths.ts'
import {sites, type Site} from './sites.ts'

const processIdentity = z.object({pid: z.number().int(), startTicks: z.number()}).readonly()

const hostRecord = z
  .object({
    name: z.string(),
    // Absent in what a lab wrote before there were two.
    site: z.enum(sites).default('rack'),
    ip: z.string(),
    mac: z.string(),
    hasDataDisk: z.boolean(),
    // Absent in what a lab wrote before there were clusters.
    hasKubernetes: z.boolean().default(false),
    /** The outermost process, whose end ends all of them; null when the host is off. */
    supervisor: processIdentity.nullable(),
    /** systemd of the host, as this machine numbers it. */
    init: processIdentity.nullable(),
    /** The EC2 instance that it plays; null for a host that no node group made. */
    instance: z.string().nullable().default(null),
  })
  .readonly()

const faultRecord: z.ZodType<FaultRecord> = z
  .object({
    kind: z.enum(faultKinds),
    host: z.string(),
    from: z.array(z.string()).readonly(),
    oneWay: z.boolean(),
    process: z.string().nullable(),
    units: z.array(z.string()).readonly(),
    // Absent in what a lab wrote before hosts could be slow.
    delayMs: z.number().nullable().default(null),
  })
  .readonly()

/** What is broken that is no host: the link between the sites, or a node group. */
const siteFault = z.discriminatedUnion('kind', [
  z
    .object({
      kind: z.literal('link'),
      how: z.enum(['cut', 'blackhole']),
      oneWay: z.boolean(),
      /** When the lab itself mends it, milliseconds since 1970; never when left out. */
      until: z.number().optional(),
    })
    .readonly(),
  z
    .object({kind: z.literal('no-capacity'), group: z.string(), zones: z.array(z.string()).readonly()})
    .readonly(),
  z.object({kind: z.literal('slow-boot'), group: z.string(), delaySeconds: z.number()}).readonly(),
])
export type SiteFault = z.infer<typeof siteFault>

/** An instance beyond the hosts that a lab may have for them: a node that is only an object. */
const simulatedNode = z.object({node: z.string(), instance: z.string()}).readonly()
export type SimulatedNode = z.infer<typeof simulatedNode>

const labRecord = z
  .object({
    schemaVersion: z.literal(1),
    name: z.string(),
    profile: z.enum(profiles),
    /** Of the machine when the hosts were last booted. */
    bootId: z.string(),
    base: z.string(),
    /** Cached folder of the programs that its cluster runs; null without one. */
    programs: z.string().nullable().default(null),
    /** Cached folder of the emulator of AWS; null without a second site. */
    emulator: z.string().nullable().default(null),
    synchronous: z.boolean(),
    subnetIndex: z.number().int().nullable(),
    /** Hash of playbooks and settings that the hosts were set up with; null before that. */
    setUp: z.string().nullable(),
    hosts: z.array(hostRecord).readonly(),
    /** How many instances of node groups are hosts at most; more of them are simulated. */
    realNodes: z.number().int().default(defaultRealNodes),
    simulated: z.array(simulatedNode).readonly().default([]),
    faults: z.array(faultRecord).readonly(),
    siteFaults: z.array(siteFault).readonly().default([]),
    /** The process that makes hosts of what node groups ask for; null where there is none. */
    reconciler: processIdentity.nullable().default(null),
  })
  .readonly()

export type LabRecord = z.infer<typeof labRecord>
export type HostRecord = z.infer<typeof hostRecord>

export const hasDatabase = ({profile}: LabRecord): boolean =>
  hostsOf[profile].some((host) => host.hasDataDisk)
/** Sites of the lab that have a cluster. */
export const clusterSites = ({profile}: LabRecord): readonly Site[] =>
  sites.filter((site) => hostsOf[profile].some((host) => host.hasKubernetes && host.site === site))
export const hasMonitoring = ({profile}: LabRecord): boolean =>
  hostsOf[profile].some(({name}) => name === monitoringHost)
/** Whether it has a second site, where AWS is. */
export const hasAws = ({profile}: LabRecord): boolean => hostsOf[profile].some(({site}) => site === 'aws')
export const hasCluster = ({profile}: LabRecord): boolean =>
  hostsOf[profile].some((host) => host.hasKubernetes)

/** Parses lab.json; undefined for text that no lab wrote whole, which is treated like a lab that never came up. */
export function parseRecord(text: string): LabRecord | undefined {
  try {
    return labRecord.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

export async function readRecord(name: string): Promise<LabRecord | undefined> {
  const text = await readFile(labPaths(name).record, 'utf8').catch(() => undefined)
  const record = text === undefined ? undefined : parseRecord(text)
  return record && record.bootId !== (await machineBootId()) ? afterReboot(record) : record
}

/** Process numbers of before a reboot say nothing: none of those processes is there any more. */
const afterReboot = (record: LabRecord): LabRecord => ({
  ...record,
  hosts: record.hosts.map((host) => ({...host, supervisor: null, init: null})),
})

/** @throws PpError LAB_NOT_UP. */
export async function requireRecord(name: string): Promise<LabRecord> {
  const record = await readRecord(name)
  if (record) return record
  throw refusal('LAB_NOT_UP', {
    message: `There is no lab "${name}" under ${labPaths(name).state}.`,
    hint: name === 'default' ? 'Bring it up: pp lab up' : `Bring it up: PP_LAB=${name} pp lab up`,
  })
}

export const writeRecord = (record: LabRecord): Promise<void> =>
  writeWhole(labPaths(record.name).record, `${JSON.stringify(labRecord.parse(record), null, 2)}\n`)

/** @throws PpError LAB_HOST_UNKNOWN. */
export function findHost(record: LabRecord, host: string): HostRecord {
  const found = record.hosts.find(({name}) => name === host)
  if (found) return found
  throw refusal('LAB_HOST_UNKNOWN', {
    message: `Lab "${record.name}" has no host "${host}"; it has ${record.hosts.map(({name}) => name).join(' ')}.`,
    hint: 'See them: pp lab status',
  })
}

export const withHost = (record: LabRecord, host: HostRecord): LabRecord => ({
  ...record,
  hosts: record.hosts.map((one) => (one.name === host.name ? host : one)),
})
