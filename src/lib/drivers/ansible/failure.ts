import {again} from '../../again.ts'
import {PpError, unavailableError} from '../../errors.ts'
import type {Outcome} from '../../outcome.ts'
import type {TaskResult} from './events.ts'

/** How a run of ansible-playbook ended that did not succeed. */
export interface FailedRun {
  readonly playbook: string
  /** Exit status; undefined when a signal ended it. */
  readonly status: number | undefined
  readonly results: readonly TaskResult[]
  /** What it said beside its events, the latest lines. */
  readonly said: readonly string[]
}

/** The one place that turns Ansible's failures into ours. */
export function playbookFailure(run: FailedRun): PpError {
  const failed = run.results.filter(({status, ignored}) => status === 'failed' && !ignored)
  if (failed.length > 0) return tasksFailed(run, failed)
  const unreachable = run.results.filter(({status, ignored}) => status === 'unreachable' && !ignored)
  if (unreachable.length > 0) return hostsUnreachable(run, unreachable)
  return neverRan(run)
}

/** The program is not installed. */
export function ansibleMissing(cause?: unknown): PpError {
  return unavailableError('ANSIBLE_MISSING', {
    message: 'ansible-playbook is not on PATH, so hosts cannot be set up from here. Nothing was touched.',
    hint: 'apt-get install ansible-core (Debian, Ubuntu), or run bin/setup.',
    cause,
  })
}

function tasksFailed(run: FailedRun, failed: readonly TaskResult[]): PpError {
  return new PpError(touchedOutcome(run), 'ANSIBLE_FAILED', {
    message: `${describeEach(failed)}${touchedNote(run)}`,
    hint: `Put right what it names, then: ${again()} (what is done already is not done twice)`,
  })
}

function hostsUnreachable(run: FailedRun, unreachable: readonly TaskResult[]): PpError {
  const hosts = [...new Set(unreachable.map(({host}) => host))]
  const [first = 'HOST'] = hosts
  const answered = run.results.some(({status}) => status === 'ok' || status === 'changed')
  return new PpError(answered ? touchedOutcome(run) : 'unavailable', 'ANSIBLE_UNREACHABLE', {
    message: `Ansible does not reach ${hosts.join(', ')}: ${oneLine(unreachable[0]?.message ?? '')}${touchedNote(run)}`,
    hint: `See what SSH says (ssh -v ${first} true), then: ${again()}`,
  })
}

/** A syntax error, a missing file or variable: no task has given a result. */
function neverRan({playbook, status, said, results}: FailedRun): PpError {
  const how = status === undefined ? 'was ended by a signal' : `ended with status ${status}`
  const why = said.join('\n').trim() || 'it said nothing'
  return new PpError(results.length === 0 ? 'usage' : 'degraded', 'ANSIBLE_FAILED', {
    message: `ansible-playbook ${playbook} ${how}: ${why}`,
    hint: `Look at the playbook by itself: ansible-playbook --syntax-check ${playbook}`,
  })
}

/** Hosts with the same failure of the same task are named together. */
function describeEach(failed: readonly TaskResult[]): string {
  const groups = Map.groupBy(failed, ({task, message}) => `task "${task}" failed: ${oneLine(message)}`)
  return [...groups]
    .map(([what, results]) => `${[...new Set(results.map(({host}) => host))].join(', ')}: ${what}`)
    .join('\n')
}

function touchedOutcome({results}: FailedRun): Outcome {
  return results.some(({status}) => status === 'changed') ? 'degraded' : 'refused'
}

function touchedNote(run: FailedRun): string {
  const changed = new Set(run.results.filter(({status}) => status === 'changed').map(({host}) => host))
  return changed.size === 0 ? ' (nothing was changed)' : ` (changed before that: ${[...changed].join(', ')})`
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ').trim()
}
