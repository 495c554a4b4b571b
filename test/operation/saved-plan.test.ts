import {expect, test} from '@jest/globals'

import {writePlan} from '../../src/lib/operation/saved-plan.ts'

test('a plan that cannot be saved is a wrong --out, not a bug of pp', () => {
  const save = () => {
    writePlan('/no/such/folder/plan', {request: {}, fingerprint: 'f'})
  }
  expect(save).toThrow(expect.objectContaining({code: 'PLAN_UNWRITABLE', exitCode: 2}))
})
