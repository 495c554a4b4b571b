import {join} from 'node:path'
import {table} from '../output/table.ts'
import {programsPath} from './cluster/programs.ts'
import {labPaths} from './paths.ts'
import {linkName} from './site-faults.ts'
import {hasCluster, hasDatabase, type LabRecord} from './state.ts'
import type {LabStatus} from './status.ts'
import type {UpResult} from './up.ts'

/** The end of `pp lab up`: what is there, and what to do with it. */
export function afterUp(
  {lab, booted, setUp, primary, pages, seconds}: Omit<UpResult, 'record'>,
  record: LabRecord,
): string {
  const hosts = record.hosts.map(({name}) => name).join(' ')
  const did = setUp ? 'is set up' : booted.length > 0 ? `has booted ${booted.join(' ')}` : 'was up already'
  const broken =
    record.faults.length + record.siteFaults.length > 0
      ? `Broken on purpose: pp lab status shows what, pp lab mend --all ends it.`
      : ''
  return [
    `Lab ${lab} ${did} (${seconds.toFixed(1)} s): ${hosts}${primary === undefined ? '' : `; ${primary} is primary`}`,
    ...(broken === '' ? [] : [broken]),
    '',
    ...(hasCluster(record) ? kubectlLines(record) : []),
    'Try',
    ...table([
      ...(lab === 'default' ? [] : [[`  export PP_LAB=${lab}`, 'so that pp means this lab']]),
      ...(hasDatabase(record) ? tryDatabase : tryCluster),
      ['  pp lab down', 'remove it all'],
      ...pages.map(({site, url}) => [`  ${url}`, `the page on ${site}`]),
    ]).split('\n'),
  ].join('\n')
}

const tryDatabase: readonly string[][] = [
  ['  pp status', 'what is there'],
  ['  pp lab load', 'clients that write; in a second terminal'],
  ['  pp failover db', 'move the primary while they do'],
  ['  pp lab break db1 --freeze', 'break something; pp lab mend db1 undoes it'],
  ['  pp lab shell db1', 'look inside'],
]

const tryCluster: readonly string[][] = [
  ['  pp lab status', 'what is there'],
  ['  pp lab break node1 --power-off', 'lose a node; pp lab mend node1 brings it back'],
  ['  pp lab shell node1', 'look inside'],
]

/** Paths are long, and each is for one line of a shell. */
const kubectlLines = ({name}: LabRecord): readonly string[] => [
  'The cluster, by the kubectl that fits it',
  `  export KUBECONFIG=${labPaths(name).kubeconfig}`,
  `  ${join(programsPath(), 'bin/kubectl')} get pods -A`,
  '',
]

export function statusText({
  lab,
  state,
  profile,
  synchronous,
  isSetUp,
  subnet,
  kubeconfig,
  pages,
  hosts,
  aws,
  parts,
}: LabStatus): string {
  if (state === 'absent')
    return `There is no lab ${lab}. Bring it up: ${lab === 'default' ? '' : `PP_LAB=${lab} `}pp lab up`
  const words = {up: 'up', partly: 'partly up', off: 'off (pp lab up boots it)'}
  const commits = synchronous ? ' · commits wait for a standby' : ' · commits wait for nobody'
  const rows = hosts.map(({host, ip, power, faults}) => [`  ${host}`, ip, power, faults.join('; ')])
  const partRows = parts.map(({part, faults}) => [
    `  ${part}`,
    part === linkName ? `rack - aws (${aws?.subnet ?? ''})` : 'node group',
    faults.length > 0 ? 'broken' : 'up',
    faults.join('; '),
  ])
  return [
    `lab ${lab} · ${profile ?? ''} · ${words[state]}${isSetUp ? '' : ', not set up yet'} · ${subnet ?? ''}${synchronous === null ? '' : commits}`,
    table([...rows, ...partRows]),
    ...(aws === null ? [] : [...simulatedLine(aws), awsLine(aws)]),
    ...(pages.length === 0 ? [] : [`page: ${pages.map(({site, url}) => `${url} (${site})`).join(' · ')}`]),
    ...(kubeconfig === null ? [] : [`kubectl: export KUBECONFIG=${kubeconfig}`]),
  ].join('\n')
}

const simulatedLine = ({simulated}: NonNullable<LabStatus['aws']>): readonly string[] =>
  simulated.length === 0
    ? []
    : [
        `simulated: ${simulated.join(' ')} · KWOK plays their kubelets; Pods there are said to run, and do not`,
      ]

const awsLine = ({endpoint, isReconciled}: NonNullable<LabStatus['aws']>): string =>
  `AWS (emulated by moto): export AWS_ENDPOINT_URL=${endpoint}${isReconciled ? '' : ' · nothing makes it true: pp lab up'}`
