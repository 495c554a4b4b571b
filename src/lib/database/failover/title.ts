import {stepTitle} from '../step-title.ts'
import type {FailoverStep} from './types.ts'

export function failoverTitle(step: FailoverStep): string {
  switch (step.kind) {
    case 'tag':
      return `no guard on ${step.poolers.join(', ')} leads back to ${step.member}`
    case 'untag':
      return `guards on ${step.poolers.join(', ')} may lead to ${step.member} again`
    case 'hold':
      return `hold clients at ${step.poolers.join(', ')}`
    case 'detach':
      return `nothing streams to ${step.hosts.join(', ')} any more`
    case 'fence-lost':
      return `make sure that ${step.host} cannot write`
    case 'salvage':
      return `fetch what only the disk of ${step.from} has, for ${step.host}`
    case 'measure':
      return step.host === step.from
        ? `show that nobody is ahead of ${step.host}`
        : `measure what ${step.host} lacks of ${step.from}`
    case 'release':
      return `point poolers at ${step.host}, resume`
    default:
      return stepTitle(step)
  }
}
