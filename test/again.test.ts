import {afterEach, beforeEach, expect, test} from '@jest/globals'

import {again, againWith} from '../src/lib/again.ts'

const argv = process.argv
beforeEach(() => {
  process.argv = ['node', 'run.js', 'failover', 'db', '--from=db1', '--confirm', 'mian', '--out', 'a plan']
})
afterEach(() => {
  process.argv = argv
})

test('what was typed comes back as one command line', () => {
  expect(again()).toBe("pp failover db --from=db1 --confirm mian --out 'a plan'")
})

test('an added flag takes the place of one of that name', () => {
  expect(again('--yes')).toBe("pp failover db --from=db1 --confirm mian --out 'a plan' --yes")
  expect(again('--confirm', 'main')).toBe("pp failover db --from=db1 --out 'a plan' --confirm main")
  expect(again('--from', 'HOST')).toBe("pp failover db --confirm mian --out 'a plan' --from HOST")
})

test('a wrong word is put right, also behind a flag', () => {
  expect(againWith('db1', 'db2')).toBe("pp failover db --from=db2 --confirm mian --out 'a plan'")
  expect(againWith('mian', 'main')).toBe("pp failover db --from=db1 --confirm main --out 'a plan'")
})
