// Scenario: the primary's host is silent and no power switch can be asked. Where clients may go past the poolers nothing
// proves that it does not write: refused, exit 3, and only the typed name goes on without proof. Where they may not, the
// poolers' hosts drop every packet from and to it, or let go of it while its synchronous standbys are here: exit 0, no
// acknowledged row lost, and the packets pass again once it has rejoined.
// Incident behind it: a management network that went down together with the rack switch it was to help with.
import {beforeAll, expect, test} from '@jest/globals'
import {mkdtemp} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'

import {cut, mend} from '../../src/lib/lab/index.ts'
import {expectDone} from '../in-lab/ended.ts'
import {checked, fleetNow, settledDatabase, sound} from '../in-lab/fleet-state.ts'
import {fleetFile} from '../in-lab/fleet-file.ts'
import {lab, onHost, useLab} from '../in-lab/lab.ts'
import {startClients} from '../in-lab/load.ts'
import {failOver, pp} from '../in-lab/pp.ts'
import {failureOf, reportOf} from '../in-lab/report.ts'

useLab()

const withoutSwitch = (yaml: string) => yaml.replace(/ +fence:\n(?: {6}.*\n)+/, '')
const poolersOnly = (yaml: string) =>
  withoutSwitch(yaml).replace('members:', 'directClients: false\n    members:')

let open: {PP_FLEET: string}
let closed: {PP_FLEET: string}
beforeAll(async () => {
  open = {PP_FLEET: await fleetFile(withoutSwitch)}
  closed = {PP_FLEET: await fleetFile(poolersOnly)}
})

/** What pp could have touched; db1 itself, which is cut off, forgets its standbys meanwhile. */
async function others() {
  const {db1, ...hosts} = await fleetNow()
  return {hosts, db1: db1?.split('\n').slice(0, 2), poolers: (await settledDatabase()).poolers}
}

const tables = (host: string) => onHost(host, 'nft', 'list', 'tables')

test('without any proof nothing is touched: exit 3 FENCE_IMPOSSIBLE; the typed name goes on', async () => {
  await cut(lab, 'db1')
  const before = await others()
  const refused = await failOver({env: open})
  expect(failureOf(refused)).toMatchObject({exitCode: 3, error: {code: 'FENCE_IMPOSSIBLE'}})
  const notByYes = await failOver({env: open}, '--force-unfenced')
  expect(failureOf(notByYes)).toMatchObject({exitCode: 2, error: {code: 'CONFIRMATION_NEEDED'}})
  const saved = join(await mkdtemp(join(tmpdir(), 'pp-')), 'plan.json')
  const planned = ['failover', 'db', '--plan', '--out', saved, '--force-unfenced', '--json']
  expect((await pp(planned, {env: open})).exitCode).toBe(0)
  const notBySavedPlan = await pp(['failover', 'db', '--apply', saved, '--yes', '--json'], {env: open})
  expect(failureOf(notBySavedPlan)).toMatchObject({exitCode: 2, error: {code: 'CONFIRMATION_NEEDED'}})
  expect(await others()).toEqual(before)

  const forced = await failOver({env: open}, '--force-unfenced', '--confirm', 'main')
  expect(forced.stderr).toContain('Two primaries then hold different data')
  expect(reportOf(forced)).toMatchObject({exitCode: 0, lost: {fence: {by: 'nobody'}}})
})

test.each([
  {how: 'dropped by the poolers’ hosts', by: 'network', hasFilter: true},
  {how: 'outvoted where a pooler’s host has no packet filter', by: 'quorum', hasFilter: false},
])('a silent primary is $how: exit 0, nothing lost', async ({by, hasFilter}) => {
  if (!hasFilter) await onHost('edge2', 'mv', '/usr/sbin/nft', '/usr/sbin/nft.away')
  try {
    const load = await startClients()
    await cut(lab, 'db1')
    const ended = await failOver({env: closed})
    await sleep(500)
    const verdict = await load.stop()
    const report = reportOf(ended)
    expect(report).toMatchObject({exitCode: 0, lost: {fence: {by}}, loss: {proven: true, bytes: 0}})
    expect(verdict).toMatchObject({lost: 0, duplicated: 0})
    expect(await tables('edge1')).toContain('pp_fence_main')
  } finally {
    if (!hasFilter) await onHost('edge2', 'mv', '/usr/sbin/nft.away', '/usr/sbin/nft')
  }
  // Nobody could stop it, so it still thinks that it is primary. Clients do not see it.
  await mend(lab, 'db1')
  const {members} = await settledDatabase()
  expect(members.filter(({writable}) => writable)).toHaveLength(2)
  const fenced = await failOver({env: closed})
  expectDone(fenced)
  const rejoined = await pp(['db', 'rejoin', 'db1', '--yes', '--json'], {env: closed})
  expectDone(rejoined)
  expect(await tables('edge1')).not.toContain('pp_fence_main')
  expect(await checked()).toMatchObject(sound)
})
