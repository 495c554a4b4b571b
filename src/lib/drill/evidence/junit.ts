import XMLBuilder from 'fast-xml-builder'

import type {
  ActResult,
  DrillReport,
  FaultResult,
  ObjectiveResult,
  ProbeResult,
} from '../report/report-types.ts'
import {showLimit, showMeasured} from './figures.ts'

interface TestCase {
  readonly name: string
  readonly seconds: number
  /** Undefined: it passed. What could not be measured is an error and never a pass. */
  readonly problem?: {readonly kind: 'failure' | 'error'; readonly message: string; readonly detail: string}
}

/** For a CI server: one case an objective, a claim and its time, an act, and the undoing of a fault. */
export function junitOf(report: DrillReport): string {
  const suites = [
    {name: 'run', cases: [runCase(report)]},
    {name: 'objectives', cases: report.objectives.map(objectiveCase)},
    {name: 'steady state', cases: report.probes.map(probeCase)},
    {name: 'acts', cases: report.acts.map(actCase)},
    {name: 'undo', cases: report.faults.map(faultCase)},
  ].filter(({cases}) => cases.length > 0)
  const all = suites.flatMap(({cases}) => cases)
  const builder = new XMLBuilder({ignoreAttributes: false, format: true, suppressEmptyNode: true})
  const document = {
    testsuites: {
      '@_name': `pp drill ${report.drill.name}`,
      ...countsOf(all),
      testsuite: suites.map(({name, cases}) => ({
        '@_name': name,
        '@_timestamp': report.startedAt.slice(0, 19),
        ...countsOf(cases),
        testcase: cases.map((one) => ({
          '@_classname': `drill.${report.drill.name}.${name.replaceAll(' ', '-')}`,
          '@_name': plain(one.name),
          '@_time': one.seconds.toFixed(3),
          ...(one.problem && {
            [one.problem.kind]: {'@_message': plain(one.problem.message), '#text': plain(one.problem.detail)},
          }),
        })),
      })),
    },
  }
  return `<?xml version="1.0" encoding="UTF-8"?>\n${builder.build(document)}`
}

const countsOf = (cases: readonly TestCase[]) => ({
  '@_tests': cases.length,
  '@_failures': cases.filter(({problem}) => problem?.kind === 'failure').length,
  '@_errors': cases.filter(({problem}) => problem?.kind === 'error').length,
  '@_time': cases.reduce((sum, {seconds}) => sum + seconds, 0).toFixed(3),
})

/** XML has no way to write most control characters. */
const plain = (text: string): string => text.replaceAll(/(?![\t\n\r])\p{Cc}|[\ufffe\uffff]/gu, '�')

/** One that was stopped early has little else, and all of that may be green. */
function runCase({drill, outcome, exitCode, reasons}: DrillReport): TestCase {
  const one = {name: drill.name, seconds: 0}
  if (outcome === 'done') return one
  const kind = outcome === 'inconclusive' ? 'error' : 'failure'
  return {...one, problem: {kind, message: `${outcome} (exit ${exitCode})`, detail: reasons.join('; ')}}
}

function objectiveCase(objective: ObjectiveResult): TestCase {
  const {id, title, status} = objective
  const figures = `measured ${showMeasured(objective)}, objective ${showLimit(objective)}`
  const one = {name: `${id}: ${title}, ${figures}`, seconds: 0}
  if (status === 'met') return one
  const kind = status === 'missed' ? 'failure' : 'error'
  return {...one, problem: {kind, message: `${id} ${status}: ${figures}`, detail: title}}
}

function probeCase({name, time, status, looks, misses, allowedMisses, said}: ProbeResult): TestCase {
  const one = {name: `${name} (${time})`, seconds: 0}
  if (status === 'held') return one
  const message = `${misses} of ${looks} looks failed, ${allowedMisses} may`
  return {
    ...one,
    problem: {kind: status === 'broken' ? 'failure' : 'error', message, detail: said ?? 'no data'},
  }
}

function actCase({name, from, to, status, says}: ActResult): TestCase {
  const one = {name, seconds: to === undefined ? 0 : Math.max(0, to - from)}
  if (status === 'done') return one
  return {...one, problem: {kind: 'failure', message: `${name} ${status}`, detail: says}}
}

function faultCase({name, kind, host, injectedAt, liftedAt, gone}: FaultResult): TestCase {
  const one = {name: `${name}: ${kind} on ${host} is lifted`, seconds: 0}
  if (liftedAt !== undefined && gone !== undefined)
    return {...one, seconds: Math.max(0, liftedAt - injectedAt)}
  return {
    ...one,
    problem: {kind: 'failure', message: `${kind} on ${host} was not lifted`, detail: gone ?? 'no proof'},
  }
}
