import {again} from '../again.ts'
import {openCluster} from '../drivers/kubernetes/open-cluster.ts'
import type {ClusterReader} from '../drivers/kubernetes/types.ts'
import {PpError, usageError} from '../errors.ts'
import type {Fleet, KubernetesCluster, Service} from '../fleet/types.ts'

/**
 * The clusters that a service runs in, in the order in which they are filled.
 *
 * @throws PpError SERVICE_WITHOUT_CLUSTER, SITE_UNKNOWN.
 */
export function clustersOf(
  fleet: Fleet,
  {name, clusters: names}: Service,
  site: string | undefined,
): readonly KubernetesCluster[] {
  if (names.length === 0)
    throw usageError('SERVICE_WITHOUT_CLUSTER', {
      message: `The fleet file names no cluster that ${name} runs in.`,
      hint: `Add services.${name}.clusters to the fleet file, then: pp config explain`,
    })
  const all = names.flatMap((one) => fleet.clusters.filter((cluster) => cluster.name === one))
  return onSite(name, all, site)
}

/**
 * The clusters that any of the services runs in.
 *
 * @throws PpError SERVICE_WITHOUT_CLUSTER, SITE_UNKNOWN.
 */
export function clustersOnSite(
  fleet: Fleet,
  services: readonly Service[],
  site: string | undefined,
): readonly KubernetesCluster[] {
  const [only, other] = services
  if (only && !other) return clustersOf(fleet, only, site)
  const all = fleet.clusters.filter(({name}) => services.some(({clusters}) => clusters.includes(name)))
  return all.length === 0 ? [] : onSite('The fleet', all, site)
}

function onSite(
  name: string,
  all: readonly KubernetesCluster[],
  site: string | undefined,
): readonly KubernetesCluster[] {
  const clusters = all.filter((cluster) => site === undefined || cluster.site === site)
  if (clusters.length > 0) return clusters
  throw usageError('SITE_UNKNOWN', {
    message: `${name} runs in no cluster on a site "${site ?? ''}"; it runs on ${all.map((cluster) => cluster.site).join(', ')}.`,
    hint: again('--site', all[0]?.site),
  })
}

/** What a look at one cluster came to. */
export type Looked<T> =
  | {readonly kind: 'seen'; readonly cluster: KubernetesCluster; readonly seen: T}
  | {readonly kind: 'silent'; readonly cluster: KubernetesCluster; readonly error: PpError}

/**
 * Looks at several clusters at once; one that does not answer costs the others nothing.
 *
 * @param withinMs how long one may take in all.
 */
export function lookAtEach<T>(
  clusters: readonly KubernetesCluster[],
  look: (reader: ClusterReader, cluster: KubernetesCluster) => Promise<T>,
  withinMs?: number,
): Promise<readonly Looked<T>[]> {
  return Promise.all(
    clusters.map(async (cluster): Promise<Looked<T>> => {
      try {
        const reader = await openCluster(cluster, withinMs)
        try {
          return {kind: 'seen', cluster, seen: await look(reader, cluster)}
        } finally {
          reader.close()
        }
      } catch (error) {
        if (error instanceof PpError) return {kind: 'silent', cluster, error}
        throw error
      }
    }),
  )
}

/** @throws PpError of the first where none of them answers: then nothing was seen. */
export function assertSomeSeen(looks: readonly Looked<unknown>[]): void {
  const [first] = looks
  if (first?.kind === 'silent' && looks.every(({kind}) => kind === 'silent')) throw first.error
}
