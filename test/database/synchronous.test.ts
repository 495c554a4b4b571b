import {expect, test} from '@jest/globals'

import {namesAfterChange, synchronousStandbys} from '../../src/lib/database/synchronous.ts'

test.each([
  {names: '', count: 0},
  {names: 'db2', count: 1},
  {names: 'db2, db3', count: 1},
  {names: '*', count: 1},
  {names: '2 (db2, db3)', count: 2},
  {names: 'ANY 2 (db1, db2, db3)', count: 2},
  {names: 'first 3(a,b,c)', count: 3},
])('"$names" waits for $count', ({names, count}) => {
  expect(synchronousStandbys(names)).toBe(count)
})

test.each([
  {names: '', after: ''},
  {names: '*', after: '*'},
  {names: 'ANY 1 (db1, db2, db3)', after: 'ANY 1 (db1, db2, db3)'},
  {names: 'ANY 1 (db2, db3)', after: 'ANY 1 (db1, db3)'},
  {names: 'db2', after: 'FIRST 1 (db1)'},
  {names: 'FIRST 2 ("db2", "odd ""name""")', after: 'FIRST 2 (db1, "odd ""name""")'},
  {names: 'ANY 1 (db3)', after: 'ANY 1 (db3)'},
])('"$names" becomes "$after" when db2 takes over from db1', ({names, after}) => {
  expect(namesAfterChange(names, 'db1', 'db2')).toBe(after)
})
