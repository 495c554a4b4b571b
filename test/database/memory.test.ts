import {describe, expect, test} from '@jest/globals'

import {rememberFrom} from '../../src/lib/database/memory.ts'

const stop = {checkpointLsn: '0/5000200', timeline: 7, systemIdentifier: '7431000000000000001'}

const stopped = {type: 'step-done', data: {kind: 'stop', proof: stop}}
const putBack = {type: 'step-intent', data: {kind: 'put-back'}}
const adopted = {type: 'adopted', data: {lines: 1}}

const remembered = (...records: readonly {type: string; data: unknown}[]) =>
  rememberFrom(
    records.map((record, n) => ({...record, n, at: '2026-01-01T00:00:00Z', token: 1, previous: ''})),
  )

describe('what the journal says of a stop', () => {
  test.each([
    {name: 'counts as long as nothing undid it', records: [putBack, stopped], isStopped: true},
    {
      name: 'counts no more once the primary was to be put back',
      records: [stopped, putBack],
      isStopped: false,
    },
    {
      name: 'counts no more in a copy: a put-back may have been the line that is missing',
      records: [stopped, adopted],
      isStopped: false,
    },
    {name: 'counts when it came after the copy was fetched', records: [adopted, stopped], isStopped: true},
  ])('$name', ({records, isStopped}) => {
    expect(remembered(...records).stop).toEqual(isStopped ? stop : undefined)
  })

  test('a journal fetched from the voters is known as one that may lack lines', () => {
    expect(remembered(stopped).mayLackLines).toBe(false)
    expect(remembered(adopted).mayLackLines).toBe(true)
  })
})

test('the journal says with which token the operation first locked', () => {
  const locked = (token: number) => ({type: 'locked', data: {token}, at: '', token, previous: ''})
  const records = [{...locked(0), type: 'opened'}, locked(7), locked(9)].map((record, n) => ({...record, n}))
  expect(rememberFrom(records).firstToken).toBe(7)
  expect(rememberFrom([]).firstToken).toBeUndefined()
})

describe('whom the journal says the operation has fenced', () => {
  const intent = (kind: string, host: string) => ({type: 'step-intent', data: {kind, host}})
  const done = (kind: string, proof: object = {}) => ({type: 'step-done', data: {kind, proof}})

  test.each([
    {name: 'nobody at first', records: [intent('detach', 'db2'), done('detach')], fenced: []},
    {name: 'one whose fence was begun', records: [intent('fence-lost', 'db1')], fenced: [{host: 'db1', by: undefined}]},
    {name: 'one whose power was cut', records: [intent('fence-lost', 'db1'), done('fence-lost', {by: 'power'})], fenced: [{host: 'db1', by: 'power'}]},
    {name: 'none that was unfenced', records: [intent('fence', 'db2'), done('fence'), intent('unfence', 'db2'), done('unfence')], fenced: []},
    {name: 'one whose unfencing was only begun', records: [intent('fence', 'db2'), done('fence'), intent('unfence', 'db2')], fenced: [{host: 'db2', by: 'ssh'}]},
  ])('$name', ({records, fenced}) => {
    expect(remembered(...records).fenced).toEqual(fenced)
  }) // prettier-ignore
})
