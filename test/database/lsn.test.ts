import {describe, expect, test} from '@jest/globals'
import fc from 'fast-check'

import {redirectConninfo, formatConninfo, parseConninfo} from '../../src/lib/database/conninfo.ts'
import {formatLsn, greaterLsn, lsnBytes, lsnDistance} from '../../src/lib/database/lsn.ts'

const position = fc.bigInt({min: 0n, max: 2n ** 64n - 1n})

describe('a WAL position', () => {
  test('keeps its value through text', () => {
    fc.assert(fc.property(position, (bytes) => lsnBytes(formatLsn(bytes)) === bytes))
  })

  test('is ordered by bytes, not by text', () => {
    expect(greaterLsn('0/9FFFFFF', '0/A000000')).toBe('0/A000000')
    expect(lsnDistance('0/FFFFFFFF', '1/0')).toBe(1)
  })

  test.each(['', '0', '0/', 'x/y', '0/123456789', '0/1; drop'])('refuses %j', (text) => {
    expect(() => lsnBytes(text)).toThrow('not an LSN')
  })
})

describe('a connection string', () => {
  test('keeps any value through quoting', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.stringMatching(/^[a-z][a-z_]{0,9}$/), fc.string({minLength: 1})),
        (values) => {
          const settings = new Map(Object.entries(values))
          expect(parseConninfo(formatConninfo(settings))).toEqual(settings)
        },
      ),
    )
  })

  test('redirected keeps the account and its password file', () => {
    const conninfo =
      "user=pp_replication passfile='/var/lib/postgresql/.pgpass' host=db1 hostaddr=192.0.2.1 application_name=db3"
    expect(redirectConninfo(conninfo, 'db2', 'db3')).toBe(
      'user=pp_replication passfile=/var/lib/postgresql/.pgpass host=db2 application_name=db3',
    )
  })
})
