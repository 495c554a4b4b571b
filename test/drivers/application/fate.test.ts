import pg from 'pg'

import {codeOf, fateOfSent} from '../../../src/lib/drivers/application/fate.ts'

const fromServer = (severity: string, code: string, message: string) =>
  Object.assign(new pg.DatabaseError(message, 0, 'error'), {severity, code})

describe('what became of a statement that was sent', () => {
  test.each([
    [
      'an ERROR of the statement rolled it back',
      fromServer('ERROR', '25006', 'cannot execute INSERT in a read-only transaction'),
      'failed',
    ],
    [
      'a shutdown in the middle leaves it open',
      fromServer('FATAL', '57P01', 'terminating connection due to administrator command'),
      'unknown',
    ],
    [
      'a server that PgBouncer lost leaves it open',
      fromServer('FATAL', '08P01', 'server conn crashed?'),
      'unknown',
    ],
    [
      'PgBouncer never forwarded it: too long in the queue',
      fromServer('FATAL', '08P01', 'query_wait_timeout'),
      'failed',
    ],
    [
      'PgBouncer never forwarded it: it could not log in',
      fromServer('FATAL', '08P01', 'server login has been failing, try again later (server_login_retry)'),
      'failed',
    ],
    [
      'completion unknown is unknown also as an ERROR',
      fromServer('ERROR', '40003', 'statement completion unknown'),
      'unknown',
    ],
    [
      'a connection that was reset leaves it open',
      Object.assign(new Error('read ECONNRESET'), {code: 'ECONNRESET'}),
      'unknown',
    ],
    ['no answer in time leaves it open', new Error('Query read timeout'), 'unknown'],
  ])('%s', (_, error, fate) => {
    expect(fateOfSent(error)).toBe(fate)
  })
})

test('an error is counted by its code, never by its text, which may hold data', () => {
  expect(codeOf(fromServer('ERROR', '23505', 'Key (writer)=(secret) exists'))).toBe('23505')
  expect(codeOf(Object.assign(new Error('x'), {code: 'ECONNREFUSED'}))).toBe('ECONNREFUSED')
  expect(codeOf(new Error('Connection terminated unexpectedly'))).toBe('CONNECTION_LOST')
})
