import {faultPlace, isOnHost} from '../fault-place.ts'
import type {DrillStep} from '../steps.ts'

/** One line for a step, for people. */
export function titleOf(step: DrillStep): string {
  switch (step.kind) {
    case 'hold-services':
      return `hold ${step.services.join(', ')}`
    case 'release-services':
      return `release ${step.services.join(', ')}`
    case 'markers':
      return 'steady state holds; start the marker writer'
    case 'fault':
      return `${step.name}: ${step.fault.kind} ${faultPlace(step.fault)}${isOnHost(step.fault) && step.fault.from.length > 0 ? ` from ${step.fault.from.join(' ')}` : ''}`
    case 'lift':
      return `undo ${step.fault}`
    case 'operation':
      return `${step.name}: ${step.operation}${flagsOf(step.with)}`
    case 'wait':
      return `${step.name}: wait ${step.probe === undefined ? `${step.timeoutSeconds} s` : `until ${step.probe}`}`
    case 'load':
      return `${step.name}: load of ${step.script.split('/').slice(-2).join('/')} on ${step.service} of ${step.site}`
    case 'parallel':
      return `${step.name}: ${step.steps.map(titleOf).join(' | ')}`
    case 'recover':
      return 'wait until everything has recovered'
    case 'settle':
      return 'finish what was begun'
    case 'steady':
      return 'look at the steady state again'
    case 'collect':
      return 'stop the marker writer, count its rows'
  }
}

const flagsOf = (flags: Readonly<Record<string, string | boolean>>): string =>
  Object.entries(flags)
    .map(([flag, value]) => (value === true ? ` --${flag}` : value === false ? '' : ` --${flag} ${value}`))
    .join('')
