// Scenario: the operator's machine dies (kill -9) at any moment of a change of primary under load, and a colleague
// resumes it, or takes it back; or the old primary, the candidate or a host of poolers loses power at any moment. However
// it ends: one writable member, no pooler paused past the guards' hard limit, every acknowledged row there once. Exit 0 for
// resume and abort; an abort after the promotion is refused with exit 3 and a resume finishes.
// Incident behind it: every half-done failover there has been.
import {describe, test} from '@jest/globals'

import {useLab} from '../in-lab/lab.ts'
import {killThen, powerOffAfter, steps, windowSteps} from './matrix.ts'

useLab('once')

const places = steps.flatMap((step) => (['before', 'after'] as const).map((when) => ({when, step})))

describe.each(['resume', 'abort'] as const)('pp killed, then pp op %s', (then) => {
  test.each(places)('$when $step leaves one writable member and every row', (place) =>
    killThen({...place, then}),
  )
})

test.each(steps)('the old primary loses power after %s: one writable member, every row', (step) =>
  powerOffAfter(step, 'db1'),
)

test.each(windowSteps)('the candidate loses power after %s: one writable member, every row', (step) =>
  powerOffAfter(step, 'db2'),
)

test.each(windowSteps)("a pooler's host loses power after %s: one writable member, every row", (step) =>
  powerOffAfter(step, 'edge1'),
)
