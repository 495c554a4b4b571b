import {formatSize} from '../../size.ts'
import type {Classified, Evidence, PoolerView} from './types.ts'

/** Below this PostgreSQL cannot begin another WAL segment. */
const segmentBytes = 16 * 1024 * 1024

/**
 * What is the matter with a primary, from what all vantage points say. Pure.
 *
 * Nothing is promoted while anybody still hears it write: a primary that only this machine cannot reach is alive.
 */
export function classify(evidence: Evidence): Classified {
  const {here, machine, power, host} = evidence
  const witnesses = [
    ...evidence.poolers
      .filter(({sees}) => sees === 'writable')
      .map((pooler) => `${pooler.host} sees it accept writes`),
    ...evidence.standbys.filter(({hears}) => hears).map((standby) => `${standby.host} still hears from it`),
  ]
  if (here.sql.answers) return classifyAnswering(evidence)
  if (machine) {
    const {freeBytes} = machine
    if (freeBytes !== undefined && freeBytes < segmentBytes)
      return {condition: 'disk-full', because: `${formatSize(freeBytes)} are free on its data disk`}
    if (!machine.isRunning)
      return {
        condition: 'process-dead',
        because: `its host answers, and no PostgreSQL runs there (control file: ${machine.controlState ?? 'unreadable'})`,
      }
  }
  if (witnesses.length > 0)
    return {
      condition: 'unreachable-from-here',
      because: `it does not answer here, but ${witnesses.join(', ')}`,
    }
  if (machine)
    return {
      condition: 'hung',
      because: 'its host answers and PostgreSQL runs, but it does not answer anybody',
    }
  const accepting = [...evidence.standbys, ...evidence.poolers].filter(({reach}) => reach === 'open')
  if (power !== 'off' && accepting.length > 0) {
    const who = accepting.map((view) => view.host).join(', ')
    return {condition: 'hung', because: `${host} takes connections from ${who} and answers nothing`}
  }
  return {
    condition: 'host-dead',
    because:
      power === 'off' ? 'its power is off' : 'nobody reaches its host, and its power is not known to be off',
  }
}

function classifyAnswering({machine, poolers, here}: Evidence): Classified {
  const freeBytes = machine?.freeBytes
  if (freeBytes !== undefined && freeBytes < segmentBytes)
    return {condition: 'disk-full', because: `${formatSize(freeBytes)} are free on its data disk`}
  // From every one of them, and by the network: where a connection is taken clients may go on, whatever pp itself is told
  // there (a wrong password, too many clients), and so they may at a pooler that cannot be asked.
  const isCutOff = ({sees, reach}: PoolerView) =>
    sees === 'nothing' && reach !== undefined && reach !== 'open'
  if (poolers.length > 0 && poolers.every(isCutOff)) {
    const who = poolers.map(({host}) => host).join(', ')
    return {condition: 'cut-off', because: `it answers here, but not where the poolers are (${who})`}
  }
  return {condition: 'healthy', because: here.sql.said}
}
