import {expect, test} from '@jest/globals'

import {confirm, confirmByName} from '../../src/lib/output/confirm.ts'

const nobody = {isInteractive: false}

test('--yes answers an ordinary question', async () => {
  await expect(confirm('Go on?', {yes: true, ...nobody})).resolves.toBe(true)
})

test('without a terminal and without the flag the question is a usage error that names the flag', async () => {
  const expected = {code: 'CONFIRMATION_NEEDED', exitCode: 2}
  await expect(confirm('Go on?', {yes: false, ...nobody})).rejects.toMatchObject({
    ...expected,
    hint: expect.stringMatching(/^pp (.* )?--yes$/),
  })
  await expect(
    confirmByName('Change main?', {name: 'main', confirm: undefined, ...nobody}),
  ).rejects.toMatchObject({
    ...expected,
    hint: expect.stringMatching(/^pp (.* )?--confirm main$/),
  })
})

test('--confirm with another name is refused', async () => {
  await expect(
    confirmByName('Change main?', {name: 'main', confirm: 'man', ...nobody}),
  ).rejects.toMatchObject({
    code: 'CONFIRMATION_WRONG',
    exitCode: 2,
  })
  await expect(confirmByName('Change main?', {name: 'main', confirm: 'main', ...nobody})).resolves.toBe(true)
})
