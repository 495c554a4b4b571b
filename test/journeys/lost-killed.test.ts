// Scenario: the short form of the kill matrix for a loss (npm run test:kill): the primary's process is dead, pp replaces it,
// and pp itself is killed on the way. A resume fences again and finishes; an abort before the promotion puts the old primary
// back in service.
// Each ends with one writable member that has every acknowledged row: exit 0.
// Incident behind it: a laptop that was closed between the fence and the promotion.
import {expect, test} from '@jest/globals'
import {setTimeout as sleep} from 'node:timers/promises'

import {expectDone} from '../in-lab/ended.ts'
import {settledDatabase} from '../in-lab/fleet-state.ts'
import {useLab} from '../in-lab/lab.ts'
import {startClients} from '../in-lab/load.ts'
import {killServer} from '../in-lab/member.ts'
import {failOver, pp} from '../in-lab/pp.ts'

useLab()

test.each([
  {place: 'after fence-lost', then: 'resume', primary: 'db2'},
  {place: 'after promote', then: 'resume', primary: 'db2'},
  {place: 'after fence-lost', then: 'abort', primary: 'db1'},
] as const)(
  'killed $place, then pp op $then: $primary is primary, exit 0',
  async ({place, then, primary}) => {
    const load = await startClients()
    await killServer('db1')
    expect((await failOver({failpoint: `kill ${place}`}, '--to', 'db2')).exitCode).toBe('SIGKILL')
    const ended = await pp(['op', then, '--yes', '--json'])
    await sleep(500)
    const verdict = await load.stop()

    expectDone(ended)
    expect(verdict).toMatchObject({lost: 0, duplicated: 0, writable: [primary]})
    const {members, poolers} = await settledDatabase()
    expect(members.filter((member) => member.writable).map(({host}) => host)).toEqual([primary])
    expect(poolers.map((pooler) => [pooler.target, pooler.paused])).toEqual(
      poolers.map(() => [primary, false]),
    )
  },
)
