// Scenario: the primary's server is dead, the operator's machine dies (kill -9) at any moment of replacing it, and a
// colleague takes it back: a primary that was fenced serves again, one that was not is as dead as before and is replaced
// anew. One writable member, every acknowledged row there once, no pooler held. Exit 0; an abort after the promotion is
// refused with exit 3 and a resume finishes.
// Incident behind it: an old primary that came back by itself while its replacement was half made.
import {test} from '@jest/globals'

import {useLab} from '../in-lab/lab.ts'
import {failoverPlaces, killFailover} from './lost.ts'

useLab('once')

test.each(failoverPlaces)('$when $step', (place) => killFailover({...place, then: 'abort'}))
