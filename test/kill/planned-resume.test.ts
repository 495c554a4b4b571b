// Scenario: the operator's machine dies (kill -9) at any moment of a change of primary under load, and a colleague
// resumes it: one writable member, no pooler paused, every acknowledged row there once. Exit 0.
// Incident behind it: every half-done failover there has been.
import {test} from '@jest/globals'

import {useLab} from '../in-lab/lab.ts'
import {killThen, places} from './planned.ts'

useLab('once')

test.each(places)('$when $step', (place) => killThen({...place, then: 'resume'}))
