import {counted} from '../../counted.ts'
import {exactDuration} from '../../duration.ts'
import {wrapAfter} from '../../output/terminal.ts'
import {actInWords, objectivesInWords, operationInWords, probeInWords} from './in-words.ts'
import type {Drill, Windows} from '../format/types.ts'
import {showWindow} from './window-in-words.ts'

const width = 79

/** What a drill does, for people. */
export function showDrill(drill: Drill): string {
  const {name, title, why, owner, guards, method, objectives, undo, file} = drill
  const stops = guards.stop.map(
    ({probe, forSeconds}) => `once ${probe} has been bad for ${exactDuration(forSeconds)}`,
  )
  return [
    wrapAfter('', `${name}: ${title}`, width),
    '',
    ...labelled('Why', [why]),
    ...labelled('Owner', [owner]),
    ...labelled('Targets', [targetsOf(drill)]),
    ...labelled(
      'When',
      drill.environments.flatMap((environment) => whenOf(environment, guards.windows[environment])),
    ),
    ...labelled('Stops', stops),
    '',
    'What has to hold',
    ...claimsOf(drill),
    '',
    'What is done',
    ...numbered(method.map(actInWords)),
    ...(undo.length > 0
      ? ['', 'Afterwards, whatever happened', ...numbered(undo.map((act) => [operationInWords(act)]))]
      : []),
    '',
    ...section('What is wanted', objectivesInWords(objectives)),
    file,
  ].join('\n')
}

const labelWidth = 11

function labelled(label: string, texts: readonly string[]): string[] {
  return texts.map((text, index) =>
    wrapAfter(`  ${(index === 0 ? label : '').padEnd(labelWidth - 2)}`, text, width),
  )
}

function targetsOf({targets: {database, hosts, maxHosts, services, maxPods, sites}}: Drill): string {
  const others = [
    ...services.map((name) => `Pods of ${name} (${maxPods} at most)`),
    ...sites.map((name) => `the cluster of ${name}`),
  ]
  if (hosts.length === 0 && others.length > 0) return `database ${database}; faults hit ${others.join(', ')}`
  if (hosts.length === 0) return `database ${database}; no host is harmed`
  return [
    `database ${database}; faults hit ${hosts.join(', ')}, ${counted(maxHosts, 'host')} at most`,
    ...others,
  ].join('; ')
}

function whenOf(environment: string, windows: Windows | undefined): string[] {
  if (!windows) return [`${environment}: at any time`]
  const {timeZone, allowed, blocked} = windows
  const times = allowed.length === 0 ? 'at any time' : allowed.map(showWindow).join(' and ')
  return [
    `${environment}: ${times}, by the clock of ${timeZone}`,
    ...blocked.map(({from, to, why}) => `  not ${from === to ? from : `${from} to ${to}`}: ${why}`),
  ]
}

function claimsOf({steadyState}: Drill): string[] {
  const longest = Math.min(24, Math.max(...steadyState.map(({name}) => name.length)))
  return steadyState.map((claim) =>
    wrapAfter(`  ${claim.name.padEnd(longest)}  `, `${probeInWords(claim.probe)}; ${timesOf(claim)}`, width),
  )
}

function timesOf({when, paceSeconds, allowedMisses}: Drill['steadyState'][number]): string {
  const misses = allowedMisses === 0 ? '' : `, ${allowedMisses} may fail`
  return `${when.join(', ') || 'only where it is waited for'}; every ${exactDuration(paceSeconds)}${misses}`
}

function numbered(acts: readonly (readonly string[])[]): string[] {
  return acts.flatMap(([first = '', ...below], index) => [
    wrapAfter(`  ${String(index + 1).padStart(2)} `, first, width),
    ...below.map((line) => wrapAfter('      ', line, width)),
  ])
}

const section = (title: string, texts: readonly string[]): string[] =>
  texts.length === 0 ? [] : [title, ...texts.map((text) => wrapAfter('  ', text, width)), '']
