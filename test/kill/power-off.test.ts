// Scenario: the old primary, the candidate or a host of poolers loses power at any moment of a change of primary under
// load: one writable member, no pooler paused past the guards' hard limit, every acknowledged row there once. Exit 0 or 11,
// or 13 and a resume.
// Incident behind it: a rack's power strip that was overloaded by the very maintenance the switchover was for.
import {test} from '@jest/globals'

import {useLab} from '../in-lab/lab.ts'
import {powerOffAfter, steps, windowSteps} from './planned.ts'

useLab('once')

test.each(steps)('the old primary after %s', (step) => powerOffAfter(step, 'from'))

test.each(windowSteps)('the candidate after %s', (step) => powerOffAfter(step, 'to'))

test.each(windowSteps)("a pooler's host after %s", (step) => powerOffAfter(step, 'pooler'))
