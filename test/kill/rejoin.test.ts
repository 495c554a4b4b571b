// Scenario: the operator's machine dies (kill -9) at any moment of bringing an old primary back, and a colleague resumes,
// or gives up (exit 11 while it is not back) and begins again: it follows the new primary, every acknowledged row there
// once. Exit 0.
// Incident behind it: a rewind that was cut off half way, and a server started on what it left.
import {describe, test} from '@jest/globals'

import {useLab} from '../in-lab/lab.ts'
import {killRejoin, rejoinPlaces} from './lost.ts'

useLab('once')

describe.each(['resume', 'abort'] as const)('pp op %s', (then) => {
  test.each(rejoinPlaces)('$when $step', (place) => killRejoin({...place, then}))
})
