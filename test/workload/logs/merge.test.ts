import {expect, test} from '@jest/globals'
import fc from 'fast-check'
import {setTimeout as sleep} from 'node:timers/promises'

import {comparableTime, parseLogLine, type LogLine} from '../../../src/lib/workload/logs/line.ts'
import {TimeMerge} from '../../../src/lib/workload/logs/merge.ts'

const source = {cluster: 'rack', site: 'rack', pod: 'a', container: 'render', isOneOfSeveral: false}
const line = (pod: string, time: string): LogLine => ({...source, pod, time, text: ''})
const noFailure = (error: unknown) => {
  throw error
}

async function* streamOf(lines: readonly LogLine[]): AsyncGenerator<LogLine> {
  for (const one of lines) yield one
}

async function shown(merge: TimeMerge): Promise<string[]> {
  return (await Array.fromAsync(merge.lines())).map(({pod, time}) => `${pod}${time}`)
}

test('streams that are in order become one that is, with every line once', async () => {
  const times = fc.array(fc.integer({min: 0, max: 50}), {maxLength: 20})
  await fc.assert(
    fc.asyncProperty(fc.array(times, {maxLength: 6}), async (streams) => {
      const merge = new TimeMerge(Infinity, noFailure)
      const lines = streams.map((one, index) =>
        one
          .map((at) => line(String(index), String(at).padStart(3, '0')))
          .toSorted((a, b) => a.time.localeCompare(b.time)),
      )
      for (const one of lines) merge.add(streamOf(one))
      merge.complete()
      const merged = await Array.fromAsync(merge.lines())
      expect(merged.map(({time}) => time)).toEqual(
        lines
          .flat()
          .map(({time}) => time)
          .toSorted(),
      )
      for (const [index, one] of lines.entries())
        expect(merged.filter(({pod}) => pod === String(index))).toEqual(one)
    }),
  )
})

test('no stream is read ahead of what is given away', async () => {
  let read = 0
  async function* endless() {
    for (;;) {
      read += 1
      yield line('a', String(read).padStart(6, '0'))
    }
  }
  const merge = new TimeMerge(Infinity, noFailure)
  merge.add(endless())
  const lines = merge.lines()
  for (let given = 0; given < 5; given += 1) await lines.next()
  expect(read).toBe(5)
})

test('with patience, a stream that says nothing does not hold the others up, and comes in when it speaks', async () => {
  const spoken = Promise.withResolvers<undefined>()
  async function* quiet() {
    await spoken.promise
    yield line('b', '9')
  }
  const merge = new TimeMerge(20, noFailure)
  merge.add(streamOf([line('a', '1'), line('a', '2')]))
  merge.add(quiet())
  const lines = merge.lines()
  expect((await lines.next()).value).toMatchObject({pod: 'a', time: '1'})
  expect((await lines.next()).value).toMatchObject({pod: 'a', time: '2'})
  spoken.resolve(undefined)
  expect((await lines.next()).value).toMatchObject({pod: 'b'})
})

test('with patience, lines that come a little later are still put in their order', async () => {
  async function* slow() {
    await sleep(20)
    yield line('b', '1')
  }
  const merge = new TimeMerge(10_000, noFailure)
  merge.add(streamOf([line('a', '2')]))
  merge.add(slow())
  merge.complete()
  expect(await shown(merge)).toEqual(['b1', 'a2'])
})

test('a stream that breaks is said, and the others go on', async () => {
  async function* broken(): AsyncGenerator<LogLine> {
    yield line('b', '1')
    throw new Error('cut')
  }
  const failures: unknown[] = []
  const merge = new TimeMerge(Infinity, (error) => failures.push((error as Error).message))
  merge.add(broken())
  merge.add(streamOf([line('a', '0'), line('a', '2')]))
  merge.complete()
  expect(await shown(merge)).toEqual(['a0', 'b1', 'a2'])
  expect(failures).toEqual(['cut'])
})

test('a stream that is added meanwhile takes part', async () => {
  const merge = new TimeMerge(Infinity, noFailure)
  merge.add(streamOf([line('a', '1'), line('a', '3')]))
  const lines = merge.lines()
  await lines.next()
  merge.add(streamOf([line('b', '2')]))
  merge.complete()
  expect((await Array.fromAsync(lines)).map(({pod}) => pod)).toEqual(['b', 'a'])
})

test.each([
  {written: '2026-11-27T12:00:00.1Z', time: '2026-11-27T12:00:00.100000000Z'},
  {written: '2026-11-27T12:00:00Z', time: '2026-11-27T12:00:00.000000000Z'},
  {written: '2026-11-27T13:00:00.123456789+01:00', time: '2026-11-27T12:00:00.123456789Z'},
  {written: 'yesterday', time: undefined},
])('$written compares as $time', ({written, time}) => expect(comparableTime(written)).toBe(time))

test('a line is what stands after its time, and may be empty', () => {
  expect(parseLogLine('2026-11-27T12:00:00.5Z  two words\r', source)).toMatchObject({text: ' two words'})
  expect(parseLogLine('2026-11-27T12:00:00.5Z', source)).toMatchObject({text: ''})
  expect(parseLogLine('no time', source)).toBeUndefined()
})
