import {expect, test} from '@jest/globals'

import {showDatabase, showFindings} from '../../src/lib/database/show-status.ts'
import {databaseStatus, findingsOf} from '../../src/lib/database/status.ts'
import {healthyCluster} from '../fakes/cluster-state.ts'
import {widest} from '../widest.ts'

test('a silent host leaves the table at 80 columns, and why it is silent is said in full', () => {
  const problem =
    'db3 does not answer SSH at rack-db3.example.com:22: no answer within 2 s; it was last seen well before.'
  const state = healthyCluster()
  const members = state.members.map((member) =>
    member.host === 'db3' ? {...member, session: undefined, machine: undefined, problems: [problem]} : member,
  )
  const silent = {...state, members}
  const shown = [showDatabase(databaseStatus(silent), 80), ...showFindings(findingsOf(silent), 80)].join('\n')
  expect(widest(shown)).toBeLessThanOrEqual(80)
  expect(shown).toMatch(/db3 +unknown +no answer +quorum\n/)
  expect(shown.replaceAll(/\s+/g, ' ')).toContain(`! main: db3 does not answer: ${problem}`)
  expect(databaseStatus(silent).members.find(({host}) => host === 'db3')).toMatchObject({problem})
})
