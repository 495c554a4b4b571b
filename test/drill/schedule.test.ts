import {describe, expect, test} from '@jest/globals'
import {execa} from 'execa'
import {existsSync} from 'node:fs'
import {parse} from 'yaml'

import {scheduleBlocks, type Block, type Scheduled} from '../../src/lib/drill/schedule/blocks.ts'
import {parseCron} from '../../src/lib/drill/schedule/cron.ts'
import {onCalendar} from '../../src/lib/drill/schedule/on-calendar.ts'

describe('a cron expression', () => {
  test.each([
    {typed: '0 3 * * 6', text: '0 3 * * 6', calendar: ['Sat *-*-* 03:00:00 UTC']},
    {typed: ' 0  3 * * SAT ', text: '0 3 * * 6', calendar: ['Sat *-*-* 03:00:00 UTC']},
    {typed: '0 3 * * 7', text: '0 3 * * 0', calendar: ['Sun *-*-* 03:00:00 UTC']},
    {typed: '*/15 * * * *', text: '*/15 * * * *', calendar: ['*-*-* *:00,15,30,45:00 UTC']},
    {
      typed: '30 1,13 1-7 jan-mar *',
      text: '30 1,13 1-7 1-3 *',
      calendar: ['*-01..03-01..07 01,13:30:00 UTC'],
    },
    {typed: '0 3 * * 5-7', text: '0 3 * * 0,5,6', calendar: ['Fri..Sun *-*-* 03:00:00 UTC']},
    {typed: '0 3 1-10/4 * *', text: '0 3 1,5,9 * *', calendar: ['*-*-01,05,09 03:00:00 UTC']},
    {
      typed: '0 3 1,15 * mon',
      text: '0 3 1,15 * 1',
      calendar: ['*-*-01,15 03:00:00 UTC', 'Mon *-*-* 03:00:00 UTC'],
    },
    {
      typed: '0 3 */2 * *',
      text: '0 3 */2 * *',
      calendar: [expect.stringMatching(/^\*-\*-01,03,.*31 03:00:00 UTC$/)],
    },
    {typed: '0 3 29 2 *', text: '0 3 29 2 *', calendar: ['*-02-29 03:00:00 UTC']},
  ])('$typed is $text for every reader', ({typed, text, calendar}) => {
    const cron = parseCron(typed)
    expect(cron.text).toBe(text)
    expect(onCalendar(cron, 'UTC')).toEqual(calendar)
  })

  test.each([
    {typed: '0 3 * *', says: '4 fields; five are needed'},
    {typed: '0 0 3 * * 6', says: '6 fields'},
    {typed: '@weekly', says: '1 fields'},
    {typed: '60 3 * * 6', says: 'Invalid value for minute: 60'},
    {typed: '0 3 * * 6-1', says: 'From value is larger than to value'},
    {typed: '0 3 L * *', says: 'L is more than numbers, names'},
    {typed: '0 3 1W * *', says: '1W is more than'},
    {typed: '0 3 * * 6#1', says: '6#1 is more than'},
    {typed: '0 3 ? * 6', says: '? is more than'},
    {typed: '5/10 3 * * *', says: 'stepping with numeric prefix'},
    {typed: '0 3 30 2 *', says: 'no such day ever comes'},
    {typed: '0 3 */2 * 1', says: 'crontab wants both, Kubernetes either'},
    {typed: '0 3 1 * */2', says: 'crontab wants both, Kubernetes either'},
    {typed: '0 3 * * 6\n* * * * * rm', says: '11 fields'},
  ])('$typed is refused', ({typed, says}) => {
    expect(() => parseCron(typed)).toThrow(
      expect.objectContaining({code: 'CRON_INVALID', exitCode: 2, message: expect.stringContaining(says)}),
    )
  })

  test('has its next times by the clock of a zone, also where that is put back', () => {
    const next = parseCron('0 3 * * 6').next(2, new Date('2026-10-30T00:00:00Z'), 'America/New_York')
    expect(next.map((at) => at.toISOString())).toEqual([
      '2026-10-31T07:00:00.000Z',
      '2026-11-07T08:00:00.000Z',
    ])
  })
})

const awkward: Scheduled = {
  drill: 'dr',
  title: `It's 100% "real": \${{ x }} #1`,
  environment: 'rack_1',
  cron: parseCron('0 3 * * 6'),
  timeZone: 'America/New_York',
  command: ['/opt/it 50% $HOME/pp', 'drill', 'dr', '--yes', '--fleet', `/srv/o'hare "$(x)"\\y/fleet.yaml`],
  user: 'deploy',
  image: 'registry.example/pp:1',
}

const textOf = (kind: Block['kind'], scheduled = awkward): string =>
  scheduleBlocks(scheduled).find((block) => block.kind === kind)!.text

describe('paths that would be read as something else', () => {
  test('have their % escaped in a crontab, and sh reads the very same words', async () => {
    const line = textOf('crontab').trim().split('\n').at(-1)!
    expect(line).not.toMatch(/[^\\]%/)
    const command = line.split(' ').slice(5).join(' ').replaceAll('\\%', '%')
    const {stdout} = await execa('sh', ['-c', `printf '%s\\n' ${command}`])
    expect(stdout.split('\n')).toEqual(awkward.command)
  })

  test('are doubled or quoted in a unit of systemd', () => {
    expect(textOf('systemd-service')).toContain(
      String.raw`ExecStart=/usr/bin/env "/opt/it 50%% $$HOME/pp" drill dr --yes --fleet "/srv/o'hare \"$$(x)\"\\y/fleet.yaml"`,
    )
  })

  test('are words of their own in a CronJob, where $( would be a variable', () => {
    const {spec} = parse(textOf('kubernetes')).spec.jobTemplate.spec.template
    expect(spec.containers[0]).toEqual({
      name: 'pp',
      image: 'registry.example/pp:1',
      command: [awkward.command[0]],
      args: ['drill', 'dr', '--yes', '--fleet', `/srv/o'hare "$$(x)"\\y/fleet.yaml`],
    })
  })

  test('are one command line in a workflow, which sh reads as the very same words', async () => {
    const {run} = parse(textOf('github-actions')).jobs.drill.steps[0]
    const {stdout} = await execa('sh', ['-c', `printf '%s\\n' ${run}`])
    expect(stdout.split('\n')).toEqual(awkward.command)
  })
})

test('all that take one have the time zone, and no drill is tried again or beside itself', () => {
  expect(textOf('crontab')).toContain('CRON_TZ=America/New_York')
  expect(textOf('systemd-timer')).toContain('OnCalendar=Sat *-*-* 03:00:00 America/New_York')
  expect(parse(textOf('kubernetes'))).toMatchObject({
    metadata: {name: 'pp-drill-dr-rack-1'},
    spec: {
      schedule: '0 3 * * 6',
      timeZone: 'America/New_York',
      concurrencyPolicy: 'Forbid',
      jobTemplate: {spec: {backoffLimit: 0, template: {spec: {restartPolicy: 'Never'}}}},
    },
  })
  expect(parse(textOf('github-actions'))).toMatchObject({
    on: {schedule: [{cron: '0 3 * * 6', timezone: 'America/New_York'}]},
    concurrency: {group: 'pp-drill-dr-rack_1'},
  })
})

/** The test of a tool that is not on PATH is skipped, and says so in its name. */
function testWith(program: string, name: string, act: () => Promise<void>): void {
  const isThere = (process.env.PATH ?? '').split(':').some((folder) => existsSync(`${folder}/${program}`))
  if (isThere) test(name, act)
  else test.skip(`${name} [SKIPPED: ${program} is not installed]`, act)
}

// It decodes into Kubernetes' own types and drops what they do not have.
testWith('kubectl', 'kubectl knows every key of the CronJob', async () => {
  const text = textOf('kubernetes')
  const {stdout} = await execa(
    'kubectl',
    ['set', 'image', '--local', '-f', '-', 'pp=other:2', '-o', 'json'],
    {input: text},
  )
  const written = parse(text)
  written.spec.jobTemplate.spec.template.spec.containers[0].image = 'other:2'
  expect(JSON.parse(stdout)).toMatchObject(written)
})

testWith('actionlint', 'actionlint has nothing to say of the workflow', async () => {
  await execa('actionlint', ['-'], {input: textOf('github-actions')})
})

testWith('crontab', 'crontab takes the lines', async () => {
  await execa('crontab', ['-n', '-'], {input: textOf('crontab')})
})
