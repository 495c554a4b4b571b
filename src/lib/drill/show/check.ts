import {holding} from '../../counted.ts'
import {resultColumns, wrapAfter} from '../../output/terminal.ts'
import type {DrillCheckResult} from '../check.ts'

/** Each drill with what it would hit, or with what keeps it. */
export function showChecks(drills: readonly DrillCheckResult[], columns = resultColumns()): string {
  if (drills.length === 0) return 'No drill is for this environment. See: pp drill list'
  return drills.map((drill) => showOne(drill, columns)).join('\n')
}

function showOne({drill, hosts, checks, error}: DrillCheckResult, columns: number): string {
  if (error)
    return [
      `✖ ${drill}  ${error.code}`,
      wrapAfter('  ', error.message, columns),
      `  ${error.hint.replaceAll('\n', '\n  ')}`,
    ].join('\n')
  const found = Object.entries(hosts).map(([role, host]) => `${role} is ${host}`)
  const text = `could run now: ${holding(checks.length, 'check')}, ${found.join(', ')}`
  return wrapAfter(`✔ ${drill}  `, text, columns)
}
