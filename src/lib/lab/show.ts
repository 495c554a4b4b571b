import {table} from '../output/table.ts'
import type {LabRecord} from './state.ts'
import type {LabStatus} from './status.ts'
import type {UpResult} from './up.ts'

/** The end of `pp lab up`: what is there, and what to do with it. */
export function afterUp(
  {lab, booted, setUp, primary, seconds}: Omit<UpResult, 'record'>,
  record: LabRecord,
): string {
  const prefix = lab === 'default' ? '' : `PP_LAB=${lab} `
  const hosts = record.hosts.map(({name}) => name).join(' ')
  const did = setUp ? 'is set up' : booted.length > 0 ? `has booted ${booted.join(' ')}` : 'was up already'
  const broken =
    record.faults.length > 0 ? `Broken on purpose: pp lab status shows what, pp lab mend --all ends it.` : ''
  return [
    `Lab ${lab} ${did} (${seconds.toFixed(1)} s): ${hosts}${primary === undefined ? '' : `; ${primary} is primary`}`,
    ...(broken === '' ? [] : [broken]),
    '',
    'Try',
    ...table([
      [`  ${prefix}pp status`, 'what is there'],
      [`  ${prefix}pp lab load`, 'clients that write all the time; best in a second terminal'],
      [`  ${prefix}pp failover db`, 'move the primary while they do'],
      [`  ${prefix}pp lab break db1 --freeze`, 'break something; pp lab mend db1 undoes it'],
      [`  ${prefix}pp lab shell db1`, 'look inside'],
      [`  ${prefix}pp lab down`, 'remove it all'],
    ]).split('\n'),
  ].join('\n')
}

export function statusText({lab, state, profile, synchronous, isSetUp, subnet, hosts}: LabStatus): string {
  if (state === 'absent')
    return `There is no lab ${lab}. Bring it up: ${lab === 'default' ? '' : `PP_LAB=${lab} `}pp lab up`
  const words = {up: 'up', partly: 'partly up', off: 'off (pp lab up boots it)'}
  const commits = synchronous === true ? 'commits wait for a standby' : 'commits wait for nobody'
  const rows = hosts.map(({host, ip, power, faults}) => [`  ${host}`, ip, power, faults.join('; ')])
  return [
    `lab ${lab} · ${profile ?? ''} · ${words[state]}${isSetUp ? '' : ', not set up yet'} · ${subnet ?? ''} · ${commits}`,
    table(rows),
  ].join('\n')
}
