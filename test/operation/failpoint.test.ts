import {afterEach, beforeEach, expect, jest, test} from '@jest/globals'

import {armFailpoint, failpoint} from '../../src/lib/operation/failpoint.ts'

const kill = jest.spyOn(process, 'kill').mockReturnValue(true)
beforeEach(() => {
  kill.mockClear()
})
afterEach(() => {
  delete process.env.PP_FAILPOINT
  armFailpoint()
})

function passed(place: string): readonly number[] {
  process.env.PP_FAILPOINT = place
  armFailpoint()
  return [1, 2, 3].flatMap((step) => {
    kill.mockClear()
    failpoint('before', 'replace')
    failpoint('before', 'roll')
    failpoint('after', 'roll')
    return kill.mock.calls.map(() => step)
  })
}

test.each([
  {place: 'kill before roll', at: [1]},
  {place: 'kill before roll 2', at: [2]},
  {place: 'kill after replace', at: []},
  {place: '', at: []},
])('"$place" ends the process at $at, once', ({place, at}) => {
  expect(passed(place)).toEqual(at)
})

test('stop freezes it', () => {
  process.env.PP_FAILPOINT = 'stop after roll'
  armFailpoint()
  failpoint('after', 'roll')
  expect(kill).toHaveBeenCalledWith(process.pid, 'SIGSTOP')
})
