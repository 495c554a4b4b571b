import {expect, test} from '@jest/globals'

import {
  acknowledging,
  canAcknowledge,
  listedStandbys,
  namesAfterChange,
  synchronousStandbys,
} from '../../src/lib/database/synchronous.ts'

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
  {names: 'ANY 1 (DB2, db3)', after: 'ANY 1 (db1, db3)'},
  {names: 'ANY 1 (db3)', after: 'ANY 1 (db3)'},
])('"$names" becomes "$after" when db2 takes over from db1', ({names, after}) => {
  expect(namesAfterChange(names, 'db1', 'db2')).toBe(after)
})

test.each([
  {names: '', who: []},
  {names: '*', who: undefined},
  {names: 'ANY 1 (db-2, "*")', who: undefined},
  {names: 'ANY 1 (DB_1, db_2, db3)', who: ['db-2', 'db3']},
  {names: 'db_2, DB-2', who: ['db-2']},
  {names: 'FIRST 2 (Barman, db3)', who: ['barman', 'db3']},
])('with "$names" a commit of db-1 is acknowledged by $who', ({names, who}) => {
  expect(acknowledging(names, ['db-1', 'db-2', 'db3'], 'db-1')).toEqual(who)
})

test.each([
  {names: '', listed: []},
  {names: '*', listed: ['db2', 'barman']},
  {names: 'ANY 1 (DB2, db3)', listed: ['db2']},
])('of db2 and barman "$names" lists $listed', ({names, listed}) => {
  expect(listedStandbys(names, ['db2', 'barman'])).toEqual(listed)
})

test.each([
  {names: '', streaming: [], isSo: true},
  {names: 'FIRST 1 (db2)', streaming: ['db3'], isSo: false},
  {names: 'FIRST 1 (db2)', streaming: ['DB2'], isSo: true},
  {names: 'ANY 2 (db2, db3)', streaming: ['db2', 'db2'], isSo: false},
  {names: '*', streaming: [], isSo: false},
  {names: '*', streaming: ['barman'], isSo: true},
])('commits that wait for "$names" are acknowledged by $streaming: $isSo', ({names, streaming, isSo}) => {
  expect(canAcknowledge(names, streaming)).toBe(isSo)
})
