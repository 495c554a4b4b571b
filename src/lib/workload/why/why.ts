import {kubectl} from '../../drivers/kubernetes/errors.ts'
import {typedWords} from '../../typed-words.ts'
import type {Fleet, KubernetesCluster} from '../../fleet/types.ts'
import {findService} from '../../fleet/lookup.ts'
import {assertSomeSeen, clustersOf, lookAtEach} from '../clusters.ts'
import {causesOf} from './causes.ts'
import {observeReadiness} from './observe.ts'
import type {Cause, Readiness} from './types.ts'

/** A cause with the command as it is typed. */
export interface ToldCause extends Omit<Cause, 'next'> {
  readonly next: string
}

/** Why a service is not ready in one cluster; null where it is not known. */
export interface ClusterCauses {
  readonly cluster: string
  readonly site: string
  readonly namespace: string
  readonly deployment: string
  readonly ready: number | null
  readonly wanted: number | null
  /** Why the cluster could not be looked at. */
  readonly problem: string | null
  readonly causes: readonly ToldCause[]
}

/**
 * Looks at every cluster of a service, and says what keeps it from being ready in each.
 *
 * @throws PpError SERVICE_UNKNOWN, SERVICE_WITHOUT_CLUSTER, SITE_UNKNOWN, and what the clusters throw where none answers.
 */
export async function whyNotReady(
  fleet: Fleet,
  name: string,
  site: string | undefined,
): Promise<readonly ClusterCauses[]> {
  const service = findService(fleet, name)
  const looks = await lookAtEach(clustersOf(fleet, service, site), (reader, cluster) =>
    observeReadiness(reader, cluster, service),
  )
  assertSomeSeen(looks)
  return looks.map((look) => {
    const {name: cluster, site: on, namespace} = look.cluster
    const about = {cluster, site: on, namespace, deployment: service.deployment}
    if (look.kind === 'silent')
      return {...about, ready: null, wanted: null, problem: look.error.message, causes: []}
    const {deployment} = look.seen
    return {
      ...about,
      ready: deployment?.ready ?? null,
      wanted: deployment?.wanted ?? null,
      problem: null,
      causes: toldCauses(look.seen, look.cluster, new Date()),
    }
  })
}

/** The causes of what was seen in a cluster, each with the command to type next. */
export const toldCauses = (seen: Readiness, cluster: KubernetesCluster, now: Date): readonly ToldCause[] =>
  causesOf(seen, now).map((cause) => ({...cause, next: typed(cause.next, cluster)}))

const ofNodes = /^(nodes?|node\/.*|uncordon)$/

function typed(words: readonly string[], cluster: KubernetesCluster): string {
  const [program, ...rest] = words
  if (program !== 'kubectl') return typedWords(words)
  const hasNamespace = rest.includes('--namespace') || rest.some((word) => ofNodes.test(word))
  return kubectl(cluster, ...(hasNamespace ? [] : ['--namespace', cluster.namespace]), ...rest)
}
