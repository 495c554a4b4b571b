import {expect, test} from '@jest/globals'

import {NewAlerts} from '../../src/lib/rollout/new-alerts.ts'

test('what fired before the canary is none of its own, and what nobody could say is not nothing', async () => {
  const answers = [['AuthSlow'], new Error('no answer'), ['AuthSlow', 'AuthErrors'], ['AuthErrors']]
  const alerts = new NewAlerts(async () => {
    const answer = answers.shift()
    if (answer instanceof Error || answer === undefined) throw answer ?? new Error('asked too often')
    return answer
  })
  expect(await alerts.look()).toEqual({kind: 'seen', names: []})
  expect(await alerts.look()).toEqual({kind: 'silent', because: 'no answer'})
  expect(await alerts.look()).toEqual({kind: 'seen', names: ['AuthErrors']})
  expect(await alerts.look()).toEqual({kind: 'seen', names: ['AuthErrors']})
})
