import {expect, test} from '@jest/globals'

import {savePlan} from '../../src/lib/operation/saved-plan.ts'

test('a plan that cannot be saved is a wrong --out, not a bug of pp', () => {
  const save = () => {
    savePlan('/no/such/folder/plan', {fingerprint: 'f'}, 'failover db')
  }
  expect(save).toThrow(expect.objectContaining({code: 'PLAN_UNWRITABLE', exitCode: 2}))
})
