// Scenario: the short form of the kill matrix (npm run test:kill): pp is killed at the four places where most goes wrong,
// then `pp op resume` or `pp op abort` follows: exit 0, one writable member, every acknowledged row there once.
// Incident behind it: a laptop that ran out of battery between stop and promote.
import {test} from '@jest/globals'

import {useLab} from '../in-lab/lab.ts'
import {killThen, type Cell} from '../kill/matrix.ts'

useLab('once')

const cells: readonly Cell[] = [
  {when: 'after', step: 'pause', then: 'resume'},
  {when: 'after', step: 'stop', then: 'abort'},
  {when: 'before', step: 'promote', then: 'resume'},
  {when: 'after', step: 'promote', then: 'resume'},
]

test.each(cells)(
  'pp killed $when $step and pp op $then: exit 0, one writable member, every row once',
  killThen,
)
