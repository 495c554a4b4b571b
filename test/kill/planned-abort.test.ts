// Scenario: the operator's machine dies (kill -9) at any moment of a change of primary under load, and a colleague takes
// it back: one writable member, no pooler paused, every acknowledged row there once. Exit 0; an abort after the promotion
// is refused with exit 3 and a resume finishes.
// Incident behind it: a switchover that was given up for the night, with half of it in force.
import {test} from '@jest/globals'

import {useLab} from '../in-lab/lab.ts'
import {killThen, places} from './planned.ts'

useLab('once')

test.each(places)('$when $step', (place) => killThen({...place, then: 'abort'}))
