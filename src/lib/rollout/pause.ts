import * as z from 'zod'

import {again} from '../again.ts'
import {lockedError, PpError} from '../errors.ts'
import type {Fleet, Service} from '../fleet/types.ts'
import {exitCodes, type ExitCode, type Outcome} from '../outcome.ts'
import {onInterrupt} from '../output/interrupted.ts'
import {deploymentUnknown} from '../workload/deployment-unknown.ts'
import {refuseInDrill} from '../workload/in-drill.ts'
import {
  openService,
  refuseWhileUnfinished,
  type OpenService,
  type ServiceCluster,
} from '../workload/open-service.ts'
import type {RolloutFacts} from './facts.ts'
import {manager} from './manager.ts'
import {deploymentPath, observeRollout} from './observe.ts'
import {observeAll} from './observe-all.ts'

/** What came of it in one cluster. */
export interface PauseChange {
  readonly cluster: string
  readonly site: string
  /** `unknown`: the cluster fell silent while it was changed. */
  readonly result: 'changed' | 'already' | 'failed' | 'unknown'
  /** Why, where it failed or is not known. */
  readonly error: {readonly code: string; readonly message: string; readonly hint: string} | null
}

export interface PauseReport {
  readonly outcome: Outcome
  readonly exitCode: ExitCode
  readonly service: string
  /** What was asked for. */
  readonly isPaused: boolean
  readonly changes: readonly PauseChange[]
  /** As they are after it, those that answer. */
  readonly clusters: readonly RolloutFacts[]
  readonly next: readonly string[]
}

/**
 * Pauses the rollout of a service in each of its clusters, or lets it go on.
 *
 * @throws PpError when nothing was changed: as `openService`, `observeAll` and `pauseIn`; SERVICE_IN_DRILL (6).
 */
export async function setPaused(
  fleet: Fleet,
  {name, site}: {readonly name: string; readonly site: string | undefined},
  isPaused: boolean,
): Promise<PauseReport> {
  await refuseInDrill(fleet, {name, site, plan: false})
  const service = await openService(fleet, name, site)
  try {
    const facts = await observeAll(service)
    return await pauseIn(service, facts, {isPaused, unfinished: await unfinishedIn(service)})
  } finally {
    service.close()
  }
}

/**
 * An operation on the service that was left before its end. It does not stand in the way: whoever goes on with it is told of
 * a pause, and what is paused could not go on otherwise.
 *
 * @throws PpError TARGET_LOCKED (6) while one runs.
 */
async function unfinishedIn(service: OpenService): Promise<PpError | undefined> {
  try {
    await refuseWhileUnfinished(service)
    return undefined
  } catch (error) {
    if (!(error instanceof PpError)) throw error
    if (error.code === 'OPERATION_UNFINISHED') return error
    if (error.code !== 'TARGET_LOCKED') throw error
    throw lockedError(error.code, {
      message: error.message,
      hint: `Where that pp runs, Ctrl-C puts everything back, and Ctrl-C twice leaves it as it is. Here: ${error.hint}`,
      cause: error,
    })
  }
}

/**
 * Every cluster is tried, whatever comes of another one: in an outage half a pause is better than none, if it is told.
 *
 * @param facts of its clusters, in their order. @param unfinished an operation on it that was left before its end.
 * @throws PpError when nothing was changed: what the clusters said, or `unfinished` where only that can go on.
 */
export async function pauseIn(
  {clusters, service}: Pick<OpenService, 'clusters' | 'service'>,
  facts: readonly RolloutFacts[],
  {isPaused, unfinished}: {readonly isPaused: boolean; readonly unfinished: PpError | undefined},
): Promise<PauseReport> {
  if (!isPaused && unfinished && facts.every(({progress}) => !progress.isPaused)) throw unfinished
  // It ends within seconds and then says what it has done; a second Ctrl-C ends it at once.
  const listenAgain = onInterrupt(() => undefined)
  try {
    const tried = await Promise.all(
      clusters.map((place, index) =>
        facts[index]?.progress.isPaused === isPaused
          ? {change: changeOf(place, 'already'), error: undefined, now: facts[index]}
          : tryIn(place, service, isPaused),
      ),
    )
    const changes = tried.map(({change}) => change)
    const [error] = tried.flatMap((one) => one.error ?? [])
    if (error && changes.every(({result}) => result === 'failed')) throw error
    const outcome = outcomeOf(changes)
    return {
      outcome,
      exitCode: exitCodes[outcome],
      service: service.name,
      isPaused,
      changes,
      clusters: tried.flatMap(({now}) => now ?? []),
      next: [
        ...(outcome === 'done' ? [] : [again()]),
        ...(isPaused ? [`pp rollout resume ${service.name}`] : []),
        ...(unfinished ? [unfinished.hint] : []),
      ],
    }
  } finally {
    listenAgain()
  }
}

async function tryIn(place: ServiceCluster, service: Service, isPaused: boolean) {
  const error = await setIn(place, service, isPaused)
  const now = await observeRollout(place.api, place.declared, service.deployment).catch(() => undefined)
  // An answer that was lost on its way may have been yes.
  if (!error || now?.progress.isPaused === isPaused)
    return {change: changeOf(place, 'changed'), error: undefined, now}
  const isUnknown = now === undefined && error.outcome === 'unavailable'
  return {change: changeOf(place, isUnknown ? 'unknown' : 'failed', error), error, now}
}

/** @returns why it was not done, or is not known to be. */
async function setIn(
  {api, declared}: ServiceCluster,
  {name, deployment}: Service,
  isPaused: boolean,
): Promise<PpError | undefined> {
  const path = deploymentPath(declared.namespace, deployment)
  const body = {spec: {paused: isPaused}}
  try {
    const {kind} = await api.write({method: 'PATCH', path, patch: 'merge', query: manager, body}, z.unknown())
    if (kind === 'missing') return deploymentUnknown(declared.name, declared.namespace, deployment)
    if (kind === 'written') return undefined
    return lockedError('CHANGED_MEANWHILE', {
      message: `deployment/${deployment} in ${declared.name} is changed by somebody else at the same time.`,
      hint: `pp rollout status ${name}`,
    })
  } catch (error) {
    if (error instanceof PpError) return error
    throw error
  }
}

const changeOf = (
  {declared: {name: cluster, site}}: ServiceCluster,
  result: PauseChange['result'],
  error?: PpError,
): PauseChange => ({
  cluster,
  site,
  result,
  error: error ? {code: error.code, message: error.message, hint: error.hint} : null,
})

function outcomeOf(changes: readonly PauseChange[]): 'done' | 'degraded' | 'human' {
  const has = (wanted: PauseChange['result']) => changes.some(({result}) => result === wanted)
  return has('unknown') ? 'human' : has('failed') ? 'degraded' : 'done'
}
