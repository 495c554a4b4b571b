import * as z from 'zod'

import {messageOf} from '../../errors.ts'
import type {ServiceCluster} from '../open-service.ts'
import {scheduledFor} from '../give-back/give-back.ts'
import {readFields} from './fields.ts'
import {groupsOf, lookAtGroups} from './look-at-groups.ts'
import {addressOf} from './objects.ts'
import type {ClusterState, FieldPlace, FieldState, ScaleIntent, ScaleState} from './types.ts'

const deploymentSchema = z.object({
  spec: z.object({replicas: z.number().default(1)}),
  status: z.object({readyReplicas: z.number().default(0)}).default({readyReplicas: 0}),
})

/** Looks at what a scale is about. @throws PpError when a cluster does not answer. */
export async function lookAt(intent: ScaleIntent, clusters: readonly ServiceCluster[]): Promise<ScaleState> {
  const {state, failures} = await lookAtWhatAnswers(intent, clusters)
  if (failures.length > 0) throw failures[0]
  return state
}

/** The same, where a cluster that does not answer is told apart; `failures`: why those do not. */
export async function lookAtWhatAnswers(
  intent: ScaleIntent,
  clusters: readonly ServiceCluster[],
): Promise<{readonly state: ScaleState; readonly failures: readonly unknown[]}> {
  const failures: unknown[] = []
  const looks = await Promise.all(
    clusters.map((cluster) =>
      lookAtOne(intent, cluster).catch((error: unknown) => {
        failures.push(error)
        const {name} = cluster.declared
        const unknown = {replicas: undefined, ready: undefined, problem: messageOf(error)}
        return {fields: [], groups: [], cluster: {cluster: name, ...unknown}}
      }),
    ),
  )
  const state = {
    fields: looks.flatMap(({fields}) => fields),
    clusters: looks.map(({cluster}) => cluster),
    groups: looks.flatMap(({groups}) => groups),
  }
  return {state, failures}
}

async function lookAtOne(
  intent: ScaleIntent,
  cluster: ServiceCluster,
): Promise<
  {readonly fields: readonly FieldState[]; readonly cluster: ClusterState} & Pick<ScaleState, 'groups'>
> {
  const {name, namespace} = cluster.declared
  const places = placesIn(intent, name)
  const objects = Object.entries(Object.groupBy(places, ({object}) => object))
  const {deployment = ''} = intent.clusters.find((one) => one.cluster === name) ?? {}
  const [groups, declared, scheduled, ...fields] = await Promise.all([
    lookAtGroups(cluster, groupsOf(intent, name)),
    cluster.api.get(addressOf(namespace, `deployment/${deployment}`).path, deploymentSchema),
    intent.undo?.isScheduled ? scheduledFor(cluster, intent.service) : undefined,
    ...objects.map(([object, of = []]) =>
      readFields(
        cluster,
        object,
        of.map(({field}) => field),
      ),
    ),
  ])
  return {
    fields: fields.flat(),
    groups,
    cluster: {
      cluster: name,
      replicas: declared?.spec.replicas,
      ready: declared?.status.readyReplicas,
      scheduled,
      problem: declared ? undefined : `there is no Deployment ${deployment}`,
    },
  }
}

/** Fields that are set, and those that are given back. */
function placesIn(
  {clusters, undo}: ScaleIntent,
  name: string,
): readonly Pick<FieldPlace, 'object' | 'field'>[] {
  if (undo) return undo.fields.filter(({cluster}) => cluster === name)
  return clusters.find(({cluster}) => cluster === name)?.fields ?? []
}
