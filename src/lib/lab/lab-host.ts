import {connect} from 'node:net'
import {cgroupHierarchies, isFrozen, setFrozen} from '../drivers/machine/cgroups.ts'
import {endsWithBoot, type BreakableHost} from '../fault/types.ts'
import {databaseTripMs} from './database-trip.ts'
import {cutCable, droppedFrames, dropRules, mendCable, type Rules} from './cable.ts'
import {runInside} from './inside.ts'
import {hostGroup, operatorPort, switchNamespace} from './names.ts'
import {askSwitch, setSwitch} from './power-switch.ts'
import {boot, isPowered, powerOff, waitForSsh} from './power.ts'
import {findHost, requireRecord, withHost, writeRecord, type HostRecord} from './state.ts'
import {subnetOf} from './subnet.ts'

/** Hyphens have no place in the names of rule tables. */
const tableName = (name: string): string => name.replaceAll('-', '_')

/** A lab's host as the faults see it, found in the record as it is now; the caller holds the lab's lock. */
export async function labHost(lab: string, name: string): Promise<BreakableHost> {
  const record = await requireRecord(lab)
  const {hasDataDisk, ip, site} = findHost(record, name)
  const group = hostGroup(lab, name)
  const current = async (): Promise<HostRecord> => findHost(await requireRecord(lab), name)
  const rules = (table: string): Rules => ({
    space: switchNamespace(lab, site),
    family: 'bridge',
    table: tableName(table),
  })
  /** Its port of the same switch; those of another site are beyond the router's. */
  const endOf = (other: string): string =>
    other === operatorPort || findHost(record, other).site === site ? other : findHost(record, other).ip
  return {
    name,
    address: ip,
    hasDataDisk,
    powerOff: () => switchOff(lab, name),
    powerOn: () => switchOn(lab, name),
    isPowered: async () => isPowered(await current()),
    setFrozen: async (frozen) => setFrozen(await cgroupHierarchies(), group, frozen),
    isFrozen: async () => isFrozen(await cgroupHierarchies(), group),
    answers: () => answersAtAll(ip),
    block: (table, from, oneWay) =>
      cutCable(rules(table), dropRules(tableName(table), name, from.map(endOf), oneWay)),
    unblock: (table) => mendCable(rules(table)),
    blockedFrames: (table) => droppedFrames(rules(table)),
    setSwitch: (fault) => setSwitch(lab, name, fault),
    askSwitch: (timeoutSeconds) => askSwitch(lab, name, timeoutSeconds),
    databaseTripMs: (timeoutMs) => databaseTripMs(ip, timeoutMs),
    run: async (argv, timeoutSeconds = 10) => runInside(await current(), argv, {timeoutSeconds}),
    addressOf: (neighbour = operatorPort) =>
      neighbour === operatorPort
        ? subnetOf(record.subnetIndex ?? 0, site).gateway
        : findHost(record, neighbour).ip,
  }
}

/** Power off, as a BMC does it: faults that a boot would end are over. */
export async function switchOff(lab: string, name: string): Promise<void> {
  const record = await requireRecord(lab)
  const off = await powerOff(lab, findHost(record, name))
  const faults = record.faults.filter(({host, kind}) => host !== name || !endsWithBoot(kind))
  await writeRecord({...withHost(record, off), faults})
}

/** Boots the host from its disk and waits for its sshd; one that is on stays as it is. */
export async function switchOn(lab: string, name: string): Promise<void> {
  const record = await requireRecord(lab)
  const host = findHost(record, name)
  if (await isPowered(host)) return
  const booted = await boot(record, await powerOff(lab, host))
  const faults = record.faults.filter(({host: broken, kind}) => broken !== name || kind !== 'power-off')
  await writeRecord({...withHost(record, booted), faults})
  await waitForSsh(booted)
}

/** A refused connection is an answer too; only silence is none. */
const answersAtAll = (address: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({host: address, port: 22})
    const end = (answer: boolean) => () => {
      clearTimeout(timer)
      socket.destroy()
      resolve(answer)
    }
    const timer = setTimeout(end(false), 500)
    socket.once('connect', end(true))
    socket.once('error', (error) => {
      end((error as NodeJS.ErrnoException).code === 'ECONNREFUSED')()
    })
  })
