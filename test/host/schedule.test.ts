// What `pp drill schedule` prints for systemd, read by systemd itself.
import {afterAll, beforeAll, expect, test} from '@jest/globals'
import {execa} from 'execa'
import {chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import {scheduleBlocks} from '../../src/lib/drill/schedule/blocks.ts'
import {parseCron} from '../../src/lib/drill/schedule/cron.ts'
import {onCalendar} from '../../src/lib/drill/schedule/on-calendar.ts'
import {describeWith} from '../drivers/servers/describe-with.ts'

const analyze = '/usr/bin/systemd-analyze'

/** The next times of an expression, from midnight of a day in UTC. */
async function elapses(expression: string, day: string, count: number): Promise<Date[]> {
  const {stdout} = await execa(
    analyze,
    ['calendar', `--base-time=${day} 00:00:00 UTC`, `--iterations=${count}`, expression],
    {env: {TZ: 'UTC', LC_ALL: 'C'}},
  )
  const times = stdout.matchAll(
    /(?:Next elapse|Iter\. #\d+): \w{3} (\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}) UTC/g,
  )
  return [...times].map(([, date, time]) => new Date(`${date}T${time}Z`))
}

describeWith([analyze], 'a systemd timer made from a cron expression', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'pp-schedule-'))
  })
  afterAll(() => rmSync(folder, {recursive: true}))

  test.each([
    '0 3 * * 6',
    '0 3 * * 0',
    '*/20 2-4 * * *',
    '30 1,13 1-7 jan-mar *',
    '0 3 * * 5-7',
    '15 4 1-10/4 * *',
    '0 3 1,15 * mon',
    '0 3 13 * fri',
    '0 3 */2 * *',
    '0 3 29 2 *',
    '5 0 * 12 mon-fri',
  ])('elapses when cron runs %s, ten times over', async (text) => {
    const cron = parseCron(text)
    const zone = 'America/New_York'
    const day = '2026-11-26'
    const each = await Promise.all(onCalendar(cron, zone).map((expression) => elapses(expression, day, 10)))
    const times = [...new Set(each.flat().map(Number))].toSorted((a, b) => a - b).slice(0, 10)
    expect(times).toEqual(cron.next(10, new Date(`${day}T00:00:00Z`), zone).map(Number))
  })

  test('and its service have nothing that systemd does not know, whatever the path of pp', async () => {
    const bin = join(folder, `it's 50% "$HOME"`)
    mkdirSync(bin)
    writeFileSync(join(bin, 'pp'), '#!/bin/sh\n')
    chmodSync(join(bin, 'pp'), 0o755)
    const blocks = scheduleBlocks({
      drill: 'dr',
      title: 'A title with 100% \\',
      environment: 'rack',
      cron: parseCron('0 3 1,15 * mon'),
      timeZone: 'America/New_York',
      command: [join(bin, 'pp'), 'drill', 'dr', '--yes'],
      user: 'root',
      image: 'pp:1',
    })
    const files = (['service', 'timer'] as const).map((kind) => {
      const file = join(folder, `pp-drill-dr-rack.${kind}`)
      writeFileSync(file, blocks.find((block) => block.kind === `systemd-${kind}`)!.text)
      return file
    })
    const {all} = await execa(analyze, ['verify', ...files], {all: true, env: {SYSTEMD_LOG_LEVEL: 'warning'}})
    // What it has to say of the units of the machine itself is none of ours.
    expect(all.split('\n').filter((line) => /pp-drill|^Failed/.test(line))).toEqual([])
  })
})
