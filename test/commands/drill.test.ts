import {afterEach, beforeEach, describe, expect, test} from '@jest/globals'
import {execa} from 'execa'
import {mkdirSync} from 'node:fs'
import {join} from 'node:path'
import {parse} from 'yaml'

import {TemporaryFleet} from '../fleet/temporary-fleet.ts'
import {validDrill} from '../drill/temporary-drills.ts'
import {runPp} from '../run-pp.ts'

let fleet: TemporaryFleet
beforeEach(() => {
  fleet = new TemporaryFleet()
  mkdirSync(join(fleet.folder, 'playbooks/drills'), {recursive: true})
  fleet.write('playbooks/drills/loss.yaml', validDrill)
})
afterEach(() => fleet[Symbol.dispose]())

const pp = (...argv: readonly string[]) => runPp(['drill', ...argv, '--fleet', fleet.file])

describe('pp drill list', () => {
  test('names every drill, and one whose file has mistakes hides no other', async () => {
    fleet.write('playbooks/drills/broken.yaml', 'apiVersion: pp/v1\n')
    const {exitCode, stdout} = await pp('list')
    expect(exitCode).toBe(0)
    expect(stdout).toBe('broken  ✖ invalid  pp drill show broken\nloss    lab rack   The primary is lost')
    expect((await pp('list', '--json')).json()).toEqual({
      schemaVersion: 1,
      drills: [
        {
          name: 'broken',
          isValid: false,
          mistakes: expect.stringMatching(/^7 mistakes in the drill broken:\n/),
        },
        {
          name: 'loss',
          isValid: true,
          title: 'The primary is lost',
          owner: 'database on call',
          environments: ['lab', 'rack'],
          file: join(fleet.folder, 'playbooks/drills/loss.yaml'),
        },
      ],
    })
  })

  test('says where drills would lie when there is none', async () => {
    using other = new TemporaryFleet()
    expect((await runPp(['drill', 'list', '--fleet', other.file])).stdout).toBe(
      `No drill in ${other.folder}/playbooks/drills yet.`,
    )
  })
})

describe('pp drill show', () => {
  test('says in plain words and 80 columns what a drill does', async () => {
    const {exitCode, stdout} = await pp('show', 'loss')
    expect(exitCode).toBe(0)
    expect(stdout.replace(fleet.folder, '')).toBe(`loss: The primary is lost

  Why      Clients have to come back.
  Owner    database on call
  Targets  database main; faults hit {primary}, edge1, 2 hosts at most
  When     lab: at any time
           rack: sat sun 22:00–02:00, by the clock of America/New_York
             not 2026-12-24: holidays
  Stops    once writes has been bad for 5 s

What has to hold
  writes  a numbered row is written through the poolers and acknowledged;
          before, during, after; every 500 ms
  orders  “select count(*) from orders” gives 1 or more; before, after; every 1
          s

What is done
   1 take the power from {primary}; nobody but pp ends it
   2 failover (from {primary}, unplanned, max-lag 1000), 2 m at most
   3 wait until writes holds, 30 s at most
   4 at the same time
      - cut edge1 off from db2; the host ends it after 2 m
      - wait 10 s
   5 lift power-off

Afterwards, whatever happened
   1 rejoin (host {primary}), 5 m at most

What is wanted
  clients write again within 30 s (RTO)
  no acknowledged row is missing in the end (RPO)
  writes: writes is good in 99.5 % of its looks or more

/playbooks/drills/loss.yaml`)
  })

  test('has no line over 80 columns for any drill that pp comes with', async () => {
    for (const name of ['disk-full', 'dr', 'pooler-loss', 'restore', 'switchover']) {
      const {exitCode, stdout} = await runPp(['drill', 'show', name])
      expect(exitCode).toBe(0)
      const wide = stdout.split('\n').filter((line) => line.length > 80 && !line.startsWith('/'))
      expect(wide).toEqual([])
    }
  })

  test('has the whole drill as --json, with times in seconds', async () => {
    const {json} = await pp('show', 'loss', '--json')
    expect(json()).toMatchObject({
      schemaVersion: 1,
      drill: {name: 'loss', objectives: {rtoSeconds: 30}, guards: {stop: [{probe: 'writes', forSeconds: 5}]}},
    })
  })

  test('lists the mistakes of a file with their places, exit 2', async () => {
    fleet.write('playbooks/drills/loss.yaml', validDrill.replace('rto:', 'rt0:'))
    const {exitCode, stderr} = await pp('show', 'loss')
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(/^✖ usage {2}DRILL_INVALID +exit 2\n {2}1 mistake in the drill loss:\n/)
    expect(stderr.replaceAll(/\s+/g, ' ')).toContain(
      'loss.yaml:34:3 objectives.rt0: unknown key. Did you mean rto?',
    )
  })

  test('leads from a mistyped name to the right one', async () => {
    const {exitCode, json} = await pp('show', 'lsos', '--json')
    expect({exitCode, document: json()}).toMatchObject({
      exitCode: 2,
      document: {error: {code: 'DRILL_UNKNOWN', hint: expect.stringMatching(/^pp drill show loss /)}},
    })
  })
})

describe('pp drill schedule', () => {
  test('prints blocks for one command with absolute paths, by the clock of the windows', async () => {
    const {exitCode, stdout, stderr} = await pp(
      'schedule',
      'loss',
      '--cron',
      '30 23 * * SAT',
      '--env',
      'rack',
    )
    expect(exitCode).toBe(0)
    const command = new RegExp(
      `/bin/pp drill loss --yes --env rack --fleet ${fleet.file.replaceAll('.', String.raw`\.`)}$`,
      'gm',
    )
    // crontab, systemd and GitHub Actions; the CronJob has the words one by one.
    expect(stdout.match(command)).toHaveLength(3)
    expect(stdout).toContain('OnCalendar=Sat *-*-* 23:30:00 America/New_York\n')
    expect(stdout).toContain('  schedule: 30 23 * * 6\n  timeZone: America/New_York\n')
    expect(stderr).toContain('loss in rack, at 30 23 * * 6 by the clock of America/New_York')
  })

  test('has each block and the next times with what the windows say to them as --json', async () => {
    const {json} = await pp(
      'schedule',
      'loss',
      '--cron',
      '0 12 * * 6',
      '--env',
      'rack',
      '--image',
      'mine:7',
      '--json',
    )
    const document = json() as {blocks: {kind: string; text: string}[]; next: {at: string}[]}
    expect(document).toMatchObject({
      schemaVersion: 1,
      cron: '0 12 * * 6',
      timeZone: 'America/New_York',
      command: [
        expect.stringMatching(/^\/.*\/bin\/pp$/),
        'drill',
        'loss',
        '--yes',
        '--env',
        'rack',
        '--fleet',
        fleet.file,
      ],
    })
    expect(document.blocks.map(({kind}) => kind)).toEqual([
      'crontab',
      'systemd-service',
      'systemd-timer',
      'kubernetes',
      'github-actions',
    ])
    const cronJob = document.blocks.find(({kind}) => kind === 'kubernetes')!
    const {containers} = parse(cronJob.text).spec.jobTemplate.spec.template.spec
    expect(containers[0].image).toBe('mine:7')
    expect(document.next).toEqual(
      Array.from({length: 3}, () => ({
        at: expect.stringMatching(/Z$/),
        isOpen: false,
        why: expect.stringMatching(
          /^it is sat 12:00 in America\/New_York, outside sat sun 22:00–02:00|blocked/,
        ),
        opensAt: expect.any(String),
      })),
    )
  })

  test('answers the question of a protected environment with the name, as no other answer is taken there', async () => {
    fleet.rewrite((text) => `${text}  guarded: {inventory: hosts.yaml, protected: true}\n`)
    fleet.write(
      'playbooks/drills/loss.yaml',
      validDrill.replace('environments: [lab,', 'environments: [guarded, lab,'),
    )
    const {json} = await pp('schedule', 'loss', '--cron', '0 12 * * 6', '--env', 'guarded', '--json')
    expect((json() as {command: string[]}).command.slice(1, 6)).toEqual([
      'drill',
      'loss',
      '--confirm',
      'loss',
      '--env',
    ])
  })

  test('the program that is named there is the one that was asked', async () => {
    const {json} = await pp('schedule', 'loss', '--cron', '0 12 * * 6', '--json')
    const {command} = json() as {command: string[]}
    const {stdout} = await execa(command[0]!, ['--version'])
    expect(stdout).toMatch(/^pp\//)
  })

  test.each([
    {argv: ['loss', '--cron', '0 12 * *'], code: 'CRON_INVALID', hint: /--cron '0 3 \* \* 6'/},
    {argv: ['loss', '--cron', '0 3 * * 6', '--env', 'other'], code: 'DRILL_ENVIRONMENT', hint: /--env lab/},
    {argv: ['gain', '--cron', '0 3 * * 6'], code: 'DRILL_UNKNOWN', hint: /^pp drill list$/},
    {argv: ['loss'], code: 'USAGE', hint: /./},
  ])('$argv ends with $code', async ({argv, code, hint}) => {
    fleet.rewrite((text) => `${text}  other: {inventory: hosts.yaml}\n`)
    const {exitCode, json} = await pp('schedule', ...argv, '--json')
    expect({exitCode, document: json()}).toMatchObject({
      exitCode: 2,
      document: {error: {code, hint: expect.stringMatching(hint)}},
    })
  })
})
