import {expect, test} from '@jest/globals'
import {setTimeout as sleep} from 'node:timers/promises'

import {createEventSink} from '../../src/lib/output/events.ts'
import {hasColour} from '../../src/lib/output/terminal.ts'
import {createProgress} from '../../src/lib/output/progress.ts'
import {table} from '../../src/lib/output/table.ts'

function captured() {
  let text = ''
  return {write: (part: string) => (text += part), lines: () => text.trimEnd().split('\n')}
}

test('without a terminal each change is one line with the time in front and no escape byte', async () => {
  const stream = captured()
  const progress = createProgress({stream})
  progress.start('stop', 'stop db2')
  progress.detail('stop', 'shutting down')
  progress.done('stop', 'db2 stopped at 0/9A3F0E8')
  progress.start('promote', 'promote db1')
  progress.failed('promote', 'db1 did not answer')
  await progress.end()
  expect(
    stream.lines().map((line) => line.replace(/^\d\d:\d\d:\d\d {2}/, '').replace(/ +\d+ ms$/, '')),
  ).toEqual([
    '… stop db2',
    '… stop db2: shutting down',
    '✔ db2 stopped at 0/9A3F0E8',
    '… promote db1',
    '✖ db1 did not answer',
  ])
  expect(stream.lines().join('')).not.toContain('\u001b')
})

test('a step that takes long gives signs of life', async () => {
  const stream = captured()
  const progress = createProgress({stream, heartbeatSeconds: 0.04})
  progress.start('wait', 'wait for db1')
  await sleep(200)
  await progress.end()
  expect(stream.lines().filter((line) => /… wait for db1 \(\d+/.test(line)).length).toBeGreaterThan(1)
})

test('events are one JSON document a line', async () => {
  const lines: string[] = []
  const progress = createProgress({stream: captured(), events: createEventSink((line) => lines.push(line))})
  progress.start('stop', 'stop db2')
  progress.done('stop')
  await progress.end()
  expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    {event: 'started', id: 'stop', title: 'stop db2'},
    {event: 'done', id: 'stop'},
  ])
})

test.each([
  {name: 'a terminal has colour', isTTY: true, env: {}, expected: true},
  {name: 'a pipe has none', isTTY: false, env: {}, expected: false},
  {name: 'NO_COLOR wins at a terminal', isTTY: true, env: {NO_COLOR: '1'}, expected: false},
  {name: 'FORCE_COLOR wins in a pipe', isTTY: false, env: {FORCE_COLOR: '1'}, expected: true},
  {name: 'FORCE_COLOR=0 is no colour', isTTY: true, env: {FORCE_COLOR: '0'}, expected: false},
])('$name', ({isTTY, env, expected}) => expect(hasColour({isTTY}, env)).toBe(expected))

test('a table aligns its columns whatever colour its cells have', () => {
  expect(
    table([
      ['db1', '\u001b[31mprimary\u001b[39m', 'timeline 7'],
      ['edge1', 'pooler', ''],
    ]),
  ).toBe('db1    \u001b[31mprimary\u001b[39m  timeline 7\nedge1  pooler')
})
