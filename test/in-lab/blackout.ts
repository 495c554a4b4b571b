import {setTimeout as sleep} from 'node:timers/promises'

import {powerOff, powerOn} from '../../src/lib/lab/index.ts'
import {lab, sqlOn} from './lab.ts'

const fleetHosts = ['db1', 'db2', 'db3', 'edge1', 'edge2']

/** Everything loses its power, and the last primary gets it back long before the others: its boot gate finds no majority. */
export async function blackout(): Promise<void> {
  for (const host of fleetHosts) await powerOff(lab, host)
  await powerOn(lab, 'db1')
  await untilStandby('db1')
  for (const host of fleetHosts.slice(1)) await powerOn(lab, host)
  await untilStandby('db2')
  await untilStandby('db3')
}

/** Waits until PostgreSQL of a host answers as a standby. */
export async function untilStandby(host: string): Promise<void> {
  for (const deadline = Date.now() + 60_000; ;) {
    const answer = await sqlOn(host, 'select pg_is_in_recovery()').catch(() => 'no answer')
    if (answer.trim() === 't') return
    if (Date.now() > deadline) throw new Error(`${host} is no standby: ${answer}`)
    await sleep(200)
  }
}
