import {stringify} from 'yaml'

import {typedWords} from '../../typed-words.ts'
import type {CronSchedule} from './cron.ts'
import {onCalendar} from './on-calendar.ts'

export interface Scheduled {
  readonly drill: string
  readonly title: string
  readonly environment: string
  readonly cron: CronSchedule
  readonly timeZone: string
  /** The command that is started, absolute. */
  readonly command: readonly [string, ...string[]]
  /** Account that it runs as. */
  readonly user: string
  /** Container image for Kubernetes. */
  readonly image: string
}

export interface Block {
  readonly kind: 'crontab' | 'systemd-service' | 'systemd-timer' | 'kubernetes' | 'github-actions'
  /** Where it goes, for people. */
  readonly where: string
  readonly text: string
}

/** How long pp may take to put everything back after it was told to stop. */
const stopSeconds = 900

/** The same schedule of the same command for four schedulers, to be pasted. */
export function scheduleBlocks(scheduled: Scheduled): readonly Block[] {
  const unit = `pp-drill-${scheduled.drill}-${scheduled.environment}`
  return [
    {kind: 'crontab', where: `crontab -e, as ${scheduled.user}`, text: crontab(scheduled)},
    {kind: 'systemd-service', where: `/etc/systemd/system/${unit}.service`, text: service(scheduled)},
    {
      kind: 'systemd-timer',
      where: `/etc/systemd/system/${unit}.timer, then: systemctl enable --now ${unit}.timer`,
      text: timer(scheduled),
    },
    {kind: 'kubernetes', where: `kubectl apply -f ${unit}.yaml`, text: cronJob(scheduled, unit)},
    {kind: 'github-actions', where: `.github/workflows/${unit}.yaml`, text: workflow(scheduled, unit)},
  ]
}

/** In a crontab an unescaped % ends the command, also inside quotes. */
function crontab({cron, timeZone, command}: Scheduled): string {
  return lines(
    `# cronie reads CRON_TZ; cron of Debian does not, and takes the time zone of its machine.`,
    `CRON_TZ=${timeZone}`,
    `${cron.text} ${typedWords(command).replaceAll('%', String.raw`\%`)}`,
  )
}

/** Any exit status but 0 makes the unit fail, so a missed objective shows where failed units do. */
function service({title, command, user}: Scheduled): string {
  return lines(
    '[Unit]',
    `Description=${systemdText(title)}`,
    'Wants=network-online.target',
    'After=network-online.target',
    '',
    '[Service]',
    'Type=oneshot',
    `User=${user}`,
    `ExecStart=${execStart(command)}`,
    'KillMode=mixed',
    `TimeoutStopSec=${stopSeconds}`,
  )
}

/** A backslash at the end of a line would take the next one in. */
const systemdText = (text: string): string => text.replaceAll('%', '%%').replaceAll('\\', '/')

/** systemd takes no program whose path has quotes in it, and no $; env does, as an argument. */
function execStart(command: Scheduled['command']): string {
  const words = plainWord.test(command[0]) ? command : ['/usr/bin/env', ...command]
  return words.map(systemdWord).join(' ')
}

const plainWord = /^[\w./:=,@+-]+$/

function systemdWord(word: string): string {
  if (plainWord.test(word)) return word
  const escaped = word
    .replaceAll('%', '%%')
    .replaceAll('$', '$$$$')
    .replaceAll('\\', String.raw`\\`)
  return `"${escaped.replaceAll('"', String.raw`\"`)}"`
}

/** A time that was slept through is not made up for: it may lie outside the window by then. */
function timer({title, cron, timeZone}: Scheduled): string {
  return lines(
    '[Unit]',
    `Description=${systemdText(title)}`,
    '',
    '[Timer]',
    ...onCalendar(cron, timeZone).map((expression) => `OnCalendar=${expression}`),
    'AccuracySec=1s',
    'Persistent=false',
    '',
    '[Install]',
    'WantedBy=timers.target',
  )
}

/** A drill that failed is never tried again by itself, and never runs beside itself. */
function cronJob({cron, timeZone, command, image}: Scheduled, unit: string): string {
  const [program, ...args] = command
  // Kubernetes would put a variable in place of $(NAME).
  const words = args.map((word) => word.replaceAll('$(', '$$$$('))
  const container = {name: 'pp', image, command: [program], args: words}
  const spec = {restartPolicy: 'Never', terminationGracePeriodSeconds: stopSeconds, containers: [container]}
  const job = {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: {name: objectName(unit)},
    spec: {
      schedule: cron.text,
      timeZone,
      concurrencyPolicy: 'Forbid',
      startingDeadlineSeconds: 300,
      jobTemplate: {spec: {backoffLimit: 0, template: {spec}}},
    },
  }
  return `# The image has pp, the fleet file and its secrets at these paths.\n${yamlOf(job)}`
}

/** CronJobs have names of 52 characters at most, since their jobs' are longer. */
const objectName = (unit: string): string => unit.replaceAll('_', '-').slice(0, 52).replace(/-+$/, '')

function workflow({title, cron, timeZone, command}: Scheduled, unit: string): string {
  const job = {
    'runs-on': 'self-hosted',
    'timeout-minutes': 360,
    // GitHub would put a value in place of ${{ … }}.
    steps: [{name: title.replaceAll('${{', '{{'), run: typedWords(command)}],
  }
  const document = {
    name: unit,
    on: {schedule: [{cron: cron.text, timezone: timeZone}]},
    permissions: {},
    concurrency: {group: unit},
    jobs: {drill: job},
  }
  return `# The runner is a machine that has pp and the fleet at these paths; GitHub may start it minutes late.\n${yamlOf(document)}`
}

const yamlOf = (value: unknown): string => stringify(value, {lineWidth: 0})
const lines = (...all: readonly string[]): string => `${all.join('\n')}\n`
