import {expect} from '@jest/globals'

import type {Ended} from './pp.ts'

/** Exit 0; what pp said is shown where it is another one. */
export function expectDone({exitCode, stdout, stderr}: Ended): void {
  const said = exitCode === 0 ? '' : stdout + stderr
  expect({exitCode, said}).toEqual({exitCode: 0, said: ''})
}
