import {expect, test} from '@jest/globals'

import {judge} from '../../src/lib/rollout/judge.ts'

const good = {requests: 9000, errors: 0}

const none = {kind: 'seen', names: []} as const

test.each([
  {what: 'no error in enough requests', running: good, canary: {requests: 100, errors: 0}, verdict: 'pass'},
  {what: 'one error is chance', running: good, canary: {requests: 100, errors: 1}, verdict: 'pass'},
  {what: 'two of a hundred are not', running: good, canary: {requests: 100, errors: 2}, verdict: 'fail'},
  {
    what: 'as bad as what runs',
    running: {requests: 9000, errors: 450},
    canary: {requests: 1000, errors: 55},
    verdict: 'pass',
  },
  {
    what: 'worse than what runs',
    running: {requests: 9000, errors: 450},
    canary: {requests: 1000, errors: 75},
    verdict: 'fail',
  },
  {what: 'too few to tell', running: good, canary: {requests: 99, errors: 0}, verdict: 'inconclusive'},
  {what: 'few, and all of them fail', running: good, canary: {requests: 3, errors: 3}, verdict: 'fail'},
  {
    what: 'nothing was asked',
    running: {requests: 0, errors: 0},
    canary: {requests: 0, errors: 0},
    verdict: 'inconclusive',
  },
  {
    what: 'everything fails, before and now',
    running: {requests: 500, errors: 500},
    canary: {requests: 100, errors: 100},
    verdict: 'pass',
  },
  {
    what: 'a million requests',
    running: {requests: 9e6, errors: 9000},
    canary: {requests: 1e6, errors: 1005},
    verdict: 'pass',
  },
] as const)('$what: $verdict', ({running, canary, verdict}) => {
  expect(judge({running, canary, alerts: none})).toMatchObject({verdict})
})

test('an alert fails it, whatever was counted', () => {
  const judged = judge({
    running: good,
    canary: {requests: 500, errors: 0},
    alerts: {kind: 'seen', names: ['AuthLoginsFail']},
  })
  expect(judged).toEqual({
    verdict: 'fail',
    reason: 'AuthLoginsFail fires; the canary failed 0 of 500, the running version 0 of 9000',
  })
})

test('where Prometheus says nothing, nobody calls it good', () => {
  const alerts = {kind: 'silent', because: 'no answer'} as const
  expect(judge({running: good, canary: {requests: 500, errors: 0}, alerts})).toMatchObject({
    verdict: 'inconclusive',
  })
})
