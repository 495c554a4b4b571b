// Scenario: the old primary has stopped, and the candidate's server dies before it is promoted. Nothing was promoted,
// so the way back is open: the candidate is fenced, the old primary writes again, and then the candidate follows it:
// exit 12. Clients waited; none lost a row.
// Incident behind it: a promotion that failed for want of memory, and an old primary that stayed down because nobody
// had thought of a way back.
import {expect, test} from '@jest/globals'

import {checked, settledDatabase, sound} from '../in-lab/fleet-state.ts'
import {useLab} from '../in-lab/lab.ts'
import {startClients} from '../in-lab/load.ts'
import {killServer} from '../in-lab/member.ts'
import {changeUntil} from '../in-lab/pp.ts'
import {reportOf} from '../in-lab/report.ts'

useLab()

test('a promotion that fails is put back: exit 12, the old primary writes, the candidate follows it', async () => {
  const load = await startClients()
  const operator = await changeUntil('before promote')
  await killServer('db2')
  operator.kill('SIGCONT')
  const ended = await operator.ended
  const verdict = await load.stop()

  const {outcome, timeline, findings} = reportOf(ended)
  expect({exitCode: ended.exitCode, outcome, timeline, findings}).toEqual({
    exitCode: 12,
    outcome: 'undone',
    timeline: {before: 1, after: 1},
    findings: [],
  })
  expect(verdict).toMatchObject({lost: 0, duplicated: 0, writable: ['db1']})
  expect(await checked()).toMatchObject(sound)
  expect((await settledDatabase()).members.map((member) => member.upstream)).toEqual([null, 'db1', 'db1'])
})
