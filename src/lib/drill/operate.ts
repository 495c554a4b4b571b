import {continueChange, performChange, prepareChange, type PreparedWork} from '../database/change.ts'
import {prepareRejoin} from '../database/rejoin/prepare.ts'
import type {ChangeReport} from '../database/report.ts'
import {PpError, usageError} from '../errors.ts'
import type {Database, Fleet} from '../fleet/types.ts'
import {listOperations, openJournal} from '../operation/store.ts'
import type {Progress} from '../output/progress.ts'
import {backUp, restore} from './operate-backups.ts'
import {failoverRequest} from './request.ts'
import type {SingleStep} from './steps.ts'

export type OperationStep = Extract<SingleStep, {kind: 'operation'}>

export interface Operated {
  /** Undefined where there was nothing to do. */
  readonly operation: string | undefined
  readonly says: string
  /** When it knew what to do, and when every pooler led to the new primary; of the clock that was given. */
  readonly decidedAt: number | undefined
  readonly routedAt: number | undefined
}

export interface OperateOptions {
  readonly fleet: Fleet
  readonly database: Database
  readonly progress: Progress
  readonly now: () => number
}

/**
 * Does what the command of that name does, with its flags.
 *
 * @throws PpError what the command throws; OPERATION_FAILED when it ended with something to look at.
 */
export async function operate(step: OperationStep, options: OperateOptions): Promise<Operated> {
  switch (step.operation) {
    case 'failover':
      return failover(step, options)
    case 'rejoin':
      return rejoin(step, options)
    case 'backup':
      return backUp(options)
    case 'restore':
      return restore(step, options)
  }
}

/** Finishes what an earlier run of this drill has begun and not ended; says undefined where there is nothing. */
export async function finishUnfinished(
  since: string,
  {fleet, database, progress, now}: OperateOptions,
): Promise<Operated | undefined> {
  const unfinished = listOperations(fleet).find(
    ({target, outcome, openedAt}) => target === database.name && outcome === undefined && openedAt >= since,
  )
  if (!unfinished) return undefined
  const journal = openJournal(fleet, unfinished.id)
  const watched = noting(progress, now)
  const report = await continueChange(fleet, database, journal, 'forward', watched.progress)
  return operated(report, {decidedAt: undefined, routedAt: watched.routedAt()})
}

async function failover(step: OperationStep, options: OperateOptions): Promise<Operated> {
  const {fleet, database, now} = options
  const change = await prepareChange(fleet, database, failoverRequest(step.name, step.with, fleet))
  if (change.kind === 'already')
    return {operation: undefined, says: change.why, decidedAt: now(), routedAt: undefined}
  return perform(change, options)
}

async function rejoin(step: OperationStep, options: OperateOptions): Promise<Operated> {
  const {fleet, database, now} = options
  const {host} = step.with
  if (typeof host !== 'string')
    throw usageError('DRILL_INVALID', {
      message: `${step.name} has no host to bring back.`,
      hint: 'pp drill list',
    })
  const isPrimaryAgain = (error: unknown) => error instanceof PpError && error.code === 'ALREADY_PRIMARY'
  const prepared = await prepareRejoin(fleet, database, {
    host,
    how: 'rejoin',
    removeOld: step.with['remove-old'] === true,
  }).catch((error: unknown) => {
    // It never lost its place: the operation that would have taken it was put back.
    if (isPrimaryAgain(error)) return undefined
    throw error
  })
  const nothing = {operation: undefined, says: `${host} follows already, or is the primary`}
  if (!prepared) return {...nothing, decidedAt: now(), routedAt: undefined}
  return perform({...prepared, checks: []}, options)
}

async function perform(prepared: PreparedWork, {progress, now}: OperateOptions): Promise<Operated> {
  const decidedAt = now()
  const watched = noting(progress, now)
  const report = await performChange(prepared, watched.progress)
  return operated(report, {decidedAt, routedAt: watched.routedAt()})
}

/** Notes when the poolers were led on. */
function noting(progress: Progress, now: () => number) {
  let routedAt: number | undefined
  const done = (id: string, text?: string): void => {
    if (id.startsWith('route ')) routedAt = now()
    progress.done(id, text)
  }
  return {progress: {...progress, done}, routedAt: () => routedAt}
}

/** A follower that is missing while its host is broken is what a drill is about: degraded counts as done. */
function operated(report: ChangeReport, times: Pick<Operated, 'decidedAt' | 'routedAt'>): Operated {
  const {operation, outcome, exitCode, from, to} = report
  if (outcome !== 'done' && outcome !== 'degraded')
    throw new PpError(outcome === 'human' ? 'human' : 'refused', 'OPERATION_FAILED', {
      message: `Operation ${operation.id} (${from} → ${to}) ended with ${outcome} (exit ${exitCode}).`,
      hint: `pp op show ${operation.id}`,
    })
  return {operation: operation.id, says: `${from} → ${to}: ${outcome}`, ...times}
}
