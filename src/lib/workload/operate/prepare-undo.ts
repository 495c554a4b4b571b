import * as z from 'zod'

import {again} from '../../again.ts'
import {PpError, refusal, usageError} from '../../errors.ts'
import {findService} from '../../fleet/lookup.ts'
import type {Fleet} from '../../fleet/types.ts'
import {isStep} from '../../operation/steps.ts'
import type {OperationSummary} from '../../operation/store.ts'
import type {Direction} from '../../operation/types.ts'
import {clustersOf, lookAtEach} from '../clusters.ts'
import {serviceTarget} from '../open-service.ts'
import {severity} from '../plan.ts'
import {sum} from '../sum.ts'
import {givenBackIn} from './given-back.ts'
import {openedScale} from './intent.ts'
import {withoutGivenBack, withoutUnmade} from './in-force.ts'
import {lookAt} from './look.ts'
import {remembered} from './memory.ts'
import {firstSteps, prepared, type PreparedScale} from './prepare.ts'
import {scaleKind} from './scaling.ts'
import type {Records, ScaleIntent, ScaleStep} from './types.ts'

export interface PreparedUndo extends PreparedScale {
  /** Why the service's name has to be typed; undefined: it has not. */
  readonly severe: string | undefined
}

/**
 * Prepares to give back what an ended scale has set, on one site alone where that is asked for.
 *
 * @throws PpError UNDO_NOT_SCALE, UNDO_UNFINISHED, SITE_UNKNOWN, CLUSTERS_SILENT, OPERATION_UNFINISHED, and what the clusters throw.
 */
export async function prepareUndo(
  fleet: Fleet,
  service: string,
  {operation, records}: {readonly operation: OperationSummary; readonly records: Records},
  only?: string,
): Promise<PreparedUndo> {
  const {id, target} = operation
  if (operation.kind !== scaleKind || target !== serviceTarget(service))
    throw usageError('UNDO_NOT_SCALE', {
      message: `${id} is a ${operation.kind} of ${target}, and no scale of ${service}.`,
      hint: 'pp op list',
    })
  if (operation.outcome === undefined)
    throw usageError('UNDO_UNFINISHED', {
      message: `Operation ${id} has not ended.`,
      hint: `pp op abort ${id}`,
    })
  const begun = openedScale(records)
  const sites = [...new Set(begun.clusters.map((one) => one.site))]
  if (only !== undefined && !sites.includes(only))
    throw usageError('SITE_UNKNOWN', {
      message: `${id} was not about a site "${only}"; it was about ${sites.join(', ')}.`,
      hint: again('--site', sites[0]),
    })
  const site = only ?? begun.site
  const intent = undoOf(id, records, site)
  const touched = clustersTouched(undoOf(id, records, undefined))
  try {
    const made = await prepared(fleet, service, site, async ({clusters}) => {
      const look = async () => {
        const givenBack = await givenBackIn(fleet, {id, target}, clusters)
        const left = begun.clusters
          .filter((one) => site !== undefined && one.site !== site)
          .filter(({cluster}) => touched.has(cluster) && !givenBack.clusters.has(cluster))
        const open = withoutGivenBack(intent, givenBack, [...new Set(left.map((one) => one.site))])
        const state = await lookAt(open, clusters)
        const inForce = withoutUnmade(open, state, remembered(records))
        const steps = firstSteps(state, inForce)
        const isSevere = severityOf({intent: inForce, state, steps}, fleet.isProtected) !== undefined
        const fingerprint = JSON.stringify([
          id,
          [...givenBack.clusters].toSorted(),
          givenBack.kept,
          steps,
          isSevere,
        ])
        return {intent: inForce, state, steps, fingerprint}
      }
      return {...(await look()), planned: async () => (await look()).fingerprint}
    })
    return {...made, severe: severityOf(made, fleet.isProtected)}
  } catch (error) {
    if (site === undefined && error instanceof PpError && error.outcome === 'unavailable')
      await refuseWhereSomeAnswer(fleet, service, error)
    throw error
  }
}

function undoOf(operation: string, records: Records, site: string | undefined): ScaleIntent {
  const begun = openedScale(records)
  const {set, groups, scheduled, chosen} = remembered(records)
  const wasPutBack = records.some(isStep('step-done', 'restore'))
  const clusters = begun.clusters.filter((one) => site === undefined || one.site === site)
  const isOpen = (name: string) =>
    !wasPutBack && !begun.undo && clusters.some(({cluster}) => cluster === name)
  const turned = records.findLast(({type}) => type === 'direction')?.data as
    {direction?: Direction} | undefined
  // One that was turned back has given back itself what it had begun.
  const isBegun = (one: {readonly cluster: string; readonly isDone: boolean}) =>
    isOpen(one.cluster) && (one.isDone || turned?.direction !== 'back')
  return {
    ...begun,
    site,
    clusters: clusters.map((one) => ({
      ...one,
      now: one.wanted,
      wanted: one.now,
      isAwaited: false,
      fields: [],
      growth: [],
      returns: [],
      recedes: [],
    })),
    undo: {
      operation,
      fields: set.filter(isBegun),
      grown: groups.grown.filter(isBegun),
      returned: groups.returned.filter((one) => one.isDone && isOpen(one.cluster)),
      isScheduled: scheduled.length > 0,
      chosen: chosen.filter(isOpen),
    },
  }
}

/** Where an undo has something to give back. */
function clustersTouched({undo}: ScaleIntent): ReadonlySet<string> {
  const {fields = [], grown = [], returned = [], chosen = []} = undo ?? {}
  return new Set([...[...fields, ...grown, ...returned].map(({cluster}) => cluster), ...chosen])
}

/** As a scale to what is given back is judged. */
function severityOf(
  {intent, state, steps}: Pick<PreparedScale, 'intent' | 'state' | 'steps'>,
  isProtected: boolean,
): string | undefined {
  const moves = intent.clusters.map(({cluster, now: was, wanted}) => {
    const now = state.clusters.find((one) => one.cluster === cluster)?.replicas ?? was
    return {now, wanted: wantedAfter(steps, {cluster, now, before: wanted})}
  })
  return severity(sum(moves.map(({now}) => now)), sum(moves.map(({wanted}) => wanted)), isProtected)
}

/** Under an autoscaler: what there was before, as far as the bound that it gets back lets it. */
function wantedAfter(
  steps: readonly ScaleStep[],
  {cluster, now, before}: {readonly cluster: string; readonly now: number; readonly before: number},
): number {
  const restored = steps.flatMap((step) =>
    step.kind === 'restore' && step.cluster === cluster ? step.fields : [],
  )
  if (restored.length === 0) return now
  const was = (...names: readonly string[]) => {
    const value = restored.find(({field}) => names.includes(field))?.was
    return typeof value === 'number' ? value : undefined
  }
  return was('spec.replicas') ?? Math.min(before, was('spec.maxReplicas', 'spec.maxReplicaCount') ?? before)
}

/** What answers within that is there to be undone alone. */
const withinMs = 3000

/** @throws PpError CLUSTERS_SILENT, which says what can be given back now, where one cluster answers and another does not. */
async function refuseWhereSomeAnswer(fleet: Fleet, name: string, cause: PpError): Promise<void> {
  const clusters = clustersOf(fleet, findService(fleet, name), undefined)
  const looks = await lookAtEach(clusters, (reader) => reader.get('/version', z.unknown()), withinMs)
  const answering = looks.find(({kind}) => kind === 'seen')
  const silent = looks.flatMap((look) => (look.kind === 'silent' ? [look.error.message] : []))
  if (!answering || silent.length === 0) return
  const {site} = answering.cluster
  throw refusal('CLUSTERS_SILENT', {
    message: `${silent.join(' ')} What it has set on ${site} can be given back alone, and the rest when that answers again.`,
    hint: again('--site', site),
    cause,
  })
}
