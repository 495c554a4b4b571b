import {expect, test} from '@jest/globals'

import {tryProgram} from '../../../src/lib/drivers/machine/program.ts'

test('a program that has not ended in time is ended, and said to be late', async () => {
  expect(await tryProgram(['sleep', '60'], {timeoutSeconds: 0.1})).toEqual({
    status: 128,
    stdout: '',
    stderr: 'it had not ended after 0.1 s',
  })
})
