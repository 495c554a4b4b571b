import {afterAll, beforeAll, beforeEach, jest} from '@jest/globals'
import {rm} from 'node:fs/promises'
import {setTimeout as sleep} from 'node:timers/promises'

import {inHost, labUp, resetLab} from '../../src/lib/lab/index.ts'
import {loadFleet} from '../../src/lib/fleet/load.ts'
import {packageRoot} from '../../src/lib/package-root.ts'
import {silentProgress} from '../fakes/silent-progress.ts'
import {endClients} from './load.ts'
import {lab} from './name.ts'
import {endStarted} from './pp.ts'

export {lab}

const minutes = 60_000
const untilActive = 'until systemctl -q is-active postgresql@15-main.service; do sleep 0.1; done'

/**
 * Stories begin in the lab's first state: db1 is primary, nothing is left of earlier stories.
 *
 * @param anew `once` for a file whose stories put back what they change.
 */
export function useLab(anew: 'each' | 'once' = 'each'): void {
  jest.setTimeout(3 * minutes)
  let isAnew = false
  beforeAll(async () => {
    // Before labUp: that would wait for hosts which an earlier story has left broken.
    isAnew = await startAnew().then(
      () => true,
      () => false,
    )
    await labUp(lab, {progress: silentProgress})
    if (!isAnew) await startAnew()
    isAnew = true
  }, 15 * minutes)
  if (anew === 'each')
    beforeEach(async () => {
      if (!isAnew) await startAnew()
      isAnew = false
    }, 2 * minutes)
  afterAll(endAll)
}

export async function startAnew(): Promise<void> {
  await endAll()
  await resetLab(lab)
  // The journals of this lab on this machine: an unfinished operation would refuse the next story.
  await rm(`${fleetOfLab().stateFolder}/operations`, {recursive: true, force: true})
}

const endAll = async () => {
  await endStarted()
  await endClients()
}

/** Waits until systemd has the server of a host started; on a host that was switched on its boot gate asks the others first. */
export async function untilStarted(host: string): Promise<void> {
  await onHost(host, 'sh', '-c', untilActive)
}

export const fleetOfLab = () => loadFleet({environment: 'lab', folder: packageRoot, env: {PP_LAB: lab}})

/** Runs a program as root inside a host, past its network. @returns what it printed. */
export async function onHost(host: string, ...argv: [string, ...string[]]): Promise<string> {
  const {status, stdout, stderr} = await inHost(lab, host, argv, {timeoutSeconds: 20})
  if (status !== 0) throw new Error(`${argv.join(' ')} on ${host} ended with ${status}: ${stderr}`)
  return stdout
}

/** One statement as the superuser of a member. @returns rows as psql prints them without decoration. */
export const sqlOn = (host: string, statement: string, database = 'postgres'): Promise<string> =>
  onHost(
    host,
    'setpriv',
    '--reuid=postgres',
    '--regid=postgres',
    '--clear-groups',
    'psql',
    '-XAtw',
    '-d',
    database,
    '-c',
    statement,
  )

/** Commits wait for no standby, and the standbys know it. */
export async function asynchronous(): Promise<void> {
  const members = ['db1', 'db2', 'db3']
  for (const host of members) await sqlOn(host, `alter system set synchronous_standby_names = ''`)
  for (const host of members) await sqlOn(host, 'select pg_reload_conf()')
  await sleep(1500)
}
