// Scenario: the primary's server is dead, and the operator's machine dies (kill -9) at any moment of replacing it, or later of
// bringing the old primary back; a colleague resumes, or takes back. However it ends: one writable member, every
// acknowledged row there once, no pooler held. Exit 0; an abort after the promotion is refused with exit 3 and a resume
// finishes.
// Incident behind it: a laptop that was closed between the fence and the promotion.
import {describe, test} from '@jest/globals'

import {useLab} from '../in-lab/lab.ts'
import {failoverPlaces, killFailover, killRejoin, rejoinPlaces} from './unplanned.ts'

useLab('once')

describe.each(['resume', 'abort'] as const)(
  'pp killed while it replaces a lost primary, then pp op %s',
  (then) => {
    test.each(failoverPlaces)('$when $step', (place) => killFailover({...place, then}))
  },
)

describe.each(['resume', 'abort'] as const)('pp killed while a member comes back, then pp op %s', (then) => {
  test.each(rejoinPlaces)('$when $step', (place) => killRejoin({...place, then}))
})
