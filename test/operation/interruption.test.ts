import {afterEach, beforeEach, expect, jest, test} from '@jest/globals'

import {listenForInterruption, type Interruption} from '../../src/lib/operation/interruption.ts'

let said: string[]
let interruption: Interruption

beforeEach(() => {
  jest.useFakeTimers()
  said = []
  interruption = listenForInterruption(
    () => said.push('first'),
    () => said.push('second'),
  )
})
afterEach(() => {
  interruption.stop()
  jest.useRealTimers()
})

test('a second signal, of either kind, leaves', () => {
  process.emit('SIGINT')
  jest.advanceTimersByTime(1000)
  process.emit('SIGTERM')
  expect({said, signal: interruption.signal()}).toEqual({said: ['first', 'second'], signal: 'SIGINT'})
})

test('what timeout(1) sends to the process and to its group counts once', () => {
  process.emit('SIGTERM')
  jest.advanceTimersByTime(5)
  process.emit('SIGTERM')
  expect({said, signal: interruption.signal()}).toEqual({said: ['first'], signal: 'SIGTERM'})
})
