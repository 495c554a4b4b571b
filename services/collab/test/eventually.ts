import {setTimeout as sleep} from 'node:timers/promises'

import {expect} from '@jest/globals'

/** Waits for what comes to be; fails with what is there instead. */
export async function eventually<T>(value: () => T, expected: T, withinMs = 10_000): Promise<void> {
  const deadline = performance.now() + withinMs
  for (;;) {
    try {
      expect(value()).toEqual(expected)
      return
    } catch (error) {
      if (performance.now() > deadline) throw error
    }
    await sleep(10)
  }
}
