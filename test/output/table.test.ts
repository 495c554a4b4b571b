import {expect, test} from '@jest/globals'

import {tableRows} from '../../src/lib/output/table.ts'
import {wrapAfter} from '../../src/lib/output/terminal.ts'

test('rows that are too wide all go on below, at the same cell', () => {
  const rows = [
    ['06FK595R22', 'switchover', 'ana@ops1', 'done'],
    ['06FK5A2Q2N', 'failover', 'a.very.long.name@ops1', 'unfinished at fence-lost'],
  ]
  expect(tableRows(rows, 50)).toEqual([
    '06FK595R22  switchover  ana@ops1\n    done',
    '06FK5A2Q2N  failover    a.very.long.name@ops1\n    unfinished at fence-lost',
  ])
})

test('what does not fit behind the head of a line goes on below it', () => {
  expect(wrapAfter('! ', 'db1 does not answer: no answer within 2 s', 24).split('\n')).toEqual([
    '! db1 does not answer:',
    '  no answer within 2 s',
  ])
})
