import {openCluster} from '../drivers/kubernetes/open-cluster.ts'
import type {Cluster} from '../database/cluster.ts'
import type {Check} from '../database/types.ts'
import {PpError} from '../errors.ts'
import {chosenPods} from '../fault/delete-pods.ts'
import {groupNamed} from '../fault/node-group-to-zero.ts'
import {findService} from '../fleet/lookup.ts'
import type {Fleet, KubernetesCluster} from '../fleet/types.ts'
import {controlPlaneOf} from './cluster-hosts.ts'
import {faultPlace} from './fault-place.ts'
import type {SiteFaultSpec} from './format/types.ts'
import {awsOf, clusterOnSite, clustersHit, labOf, openAll} from './site-fault-on.ts'

const withinMs = 5000

/** Whether the fault could be made, and undone, now. */
export async function siteFaultCheck(name: string, fault: SiteFaultSpec, cluster: Cluster): Promise<Check> {
  const check = {id: `fault.${name}`, hint: 'pp status', limit: `${faultPlace(fault)} can be reached`}
  try {
    return {...check, status: 'pass', measured: await reach(fault, cluster)}
  } catch (error) {
    if (!(error instanceof PpError)) throw error
    return {...check, status: 'fail', measured: error.message, hint: error.hint}
  }
}

/** @returns what was found. @throws PpError of what is missing. */
async function reach(fault: SiteFaultSpec, cluster: Cluster): Promise<string> {
  const {fleet} = cluster
  switch (fault.kind) {
    case 'cut-link':
      return `the lab ${labOf(fleet)} can cut it`
    case 'node-group-to-zero':
      return reachGroup(fault, fleet)
    case 'api-server-down':
      return reachControlPlane(fault.site, cluster)
    case 'delete-pods':
      await assertServers(clustersHit(fleet, fault))
      return countPods(fault, fleet)
    case 'drain':
      return assertServers(clustersHit(fleet, fault))
  }
}

async function assertServers(clusters: readonly KubernetesCluster[]): Promise<string> {
  for (const cluster of clusters) {
    const reader = await openCluster(cluster, withinMs)
    try {
      await reader.text('/readyz')
    } finally {
      reader.close()
    }
  }
  return `the API server of ${clusters.map(({name}) => name).join(', ')} answers`
}

async function countPods(
  fault: Extract<SiteFaultSpec, {kind: 'delete-pods'}>,
  fleet: Fleet,
): Promise<string> {
  const opened = await openAll(clustersHit(fleet, fault))
  try {
    const {deployment} = findService(fleet, fault.service)
    const chosen = await chosenPods(opened, {...fault, deployment, id: 'none-yet'})
    return `${chosen.flat().length} of ${fault.maxPods} Pods at most`
  } finally {
    for (const {api} of opened) api.close()
  }
}

async function reachGroup(
  {site, group}: Extract<SiteFaultSpec, {kind: 'node-group-to-zero'}>,
  fleet: Fleet,
): Promise<string> {
  const {openAws} = await import('../drivers/aws/open-aws.ts')
  const aws = openAws(awsOf(clusterOnSite(fleet, site)))
  try {
    const {min, desired, max} = await groupNamed(aws, group)
    return `min ${min}, desired ${desired}, max ${max}`
  } finally {
    aws.close()
  }
}

async function reachControlPlane(site: string, cluster: Cluster): Promise<string> {
  const kubernetes = clusterOnSite(cluster.fleet, site)
  const names = controlPlaneOf(kubernetes).map((host) => host.name)
  for (const name of names) await cluster.connect(name)
  // Throws what keeps a helper from answering.
  for (const name of names) cluster.acts(name)
  await assertServers([kubernetes])
  return `the helper of ${names.join(', ')} answers`
}
