import {firstOfSignalsOr, LoadScreen, progressLine, verdictText} from '../../src/lib/lab/load-screen.ts'
import type {LoadProgress} from '../../src/lib/lab/load-protocol.ts'
import {judge} from '../../src/lib/lab/load-verdict.ts'

const at = (seconds: number, more: Partial<LoadProgress> = {}): LoadProgress => ({
  kind: 'progress',
  seconds,
  acknowledged: seconds * 1000,
  failed: 0,
  unknown: 0,
  longestGapMs: 12,
  quietMs: 1,
  ...more,
})

function written(isTTY: boolean, progress: readonly LoadProgress[]): string {
  let text = ''
  const screen = new LoadScreen({isTTY, write: (piece) => (text += piece)})
  for (const one of progress) screen.show(one)
  return text
}

test('the live line fits 80 columns also when much has gone wrong', () => {
  const line = progressLine(at(3600, {acknowledged: 9_999_999, failed: 9999, unknown: 88, quietMs: 12_345}))
  expect(line.length).toBeLessThanOrEqual(80)
  expect(line).toContain('no commit for 12.3 s')
})

test('a terminal gets one line that is written over each second', () => {
  expect(written(true, [at(1), at(2)]).split('\r')).toHaveLength(3)
})

test('without a terminal there are no escape bytes, a heartbeat, and a line at once when something failed', () => {
  const quiet = [1, 2, 3, 4, 5, 6].map((second) => at(second))
  expect(written(false, quiet).trimEnd().split('\n')).toHaveLength(2)
  const text = written(false, [at(1), at(2), at(3, {failed: 2})])
  expect(text.trimEnd().split('\n')).toHaveLength(2)
  expect(text).not.toContain('\u001B')
  expect(text).toContain('2 failed')
})

test('a verdict without a table never speaks of 0 lost rows', () => {
  const text = verdictText(judge([], undefined, 0))
  expect(text).toContain('nothing is proved')
  expect(text).not.toContain('0 lost')
})

test('a load ends at a signal, and leaves no handler behind', async () => {
  const before = process.listenerCount('SIGTERM')
  const waiting = firstOfSignalsOr(new Promise(() => undefined), undefined)
  process.emit('SIGTERM')
  await waiting
  expect(process.listenerCount('SIGTERM')).toBe(before)
})
