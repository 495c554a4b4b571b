// Scenario: the primary's server is dead, the operator's machine dies (kill -9) at any moment of replacing it, and a
// colleague resumes: one writable member, every acknowledged row there once, no pooler held. Exit 0.
// Incident behind it: a laptop that was closed between the fence and the promotion.
import {test} from '@jest/globals'

import {useLab} from '../in-lab/lab.ts'
import {failoverPlaces, killFailover} from './lost.ts'

useLab('once')

test.each(failoverPlaces)('$when $step', (place) => killFailover({...place, then: 'resume'}))
