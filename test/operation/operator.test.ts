import {expect, test} from '@jest/globals'

import {currentOperator, isCertainlyDead} from '../../src/lib/operation/operator.ts'

// No process has a number above the kernel's greatest.
const gone = {...currentOperator(), pid: 2 ** 22 + 1}

test('a process that this machine does not have any more is certainly dead', () => {
  expect(isCertainlyDead(gone)).toBe(true)
  expect(isCertainlyDead({...gone, pid: process.pid})).toBe(false)
})

test.each([
  {name: 'another machine', other: {operatorHost: 'elsewhere'}},
  {name: 'an earlier boot', other: {operatorBootId: gone.operatorBootId.replace(/^./, 'x')}},
  {name: 'another container', other: {operatorBootId: gone.operatorBootId.replace(/\d+\]$/, '1]')}},
])('a process of $name is never certainly dead: it cannot be seen from here', ({other}) => {
  expect(isCertainlyDead({...gone, ...other})).toBe(false)
})
