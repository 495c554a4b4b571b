import {openClusterToWrite} from '../drivers/kubernetes/open-cluster.ts'
import type {ClusterAccess} from '../drivers/kubernetes/types.ts'
import {PpError, refusal, usageError} from '../errors.ts'
import {deletePodsFault} from '../fault/delete-pods.ts'
import {drainFault} from '../fault/drain.ts'
import {nodeGroupToZeroFault} from '../fault/node-group-to-zero.ts'
import type {FaultCluster} from '../fault/on-cluster.ts'
import type {Fault, Proof} from '../fault/types.ts'
import {findService} from '../fleet/lookup.ts'
import type {AwsCluster, Fleet, KubernetesCluster} from '../fleet/types.ts'
import {clustersOf} from '../workload/clusters.ts'
import type {SiteFaultSpec} from './format/types.ts'

/**
 * A fault of a drill on a service, on nodes or on the link between the sites.
 *
 * @param id names it for ever. @throws PpError SERVICE_UNKNOWN, SITE_UNKNOWN, LINK_OUT_OF_REACH, NODE_GROUP_OUT_OF_REACH, and of logging in.
 */
export async function siteFaultOn(
  fleet: Fleet,
  spec: Exclude<SiteFaultSpec, {kind: 'api-server-down'}>,
  id: string,
): Promise<Fault<unknown>> {
  switch (spec.kind) {
    case 'delete-pods': {
      const service = findService(fleet, spec.service)
      const opened = await openAll(clustersHit(fleet, spec))
      const {count, percent, maxPods} = spec
      return closingAfter(
        opened,
        deletePodsFault(opened, {deployment: service.deployment, count, percent, maxPods, id}),
      )
    }
    case 'drain': {
      const opened = await openAll(clustersHit(fleet, spec))
      const [cluster] = opened as readonly [OpenedCluster]
      return closingAfter(opened, drainFault(cluster, {zone: spec.zone, node: spec.node, id}))
    }
    case 'cut-link':
      return cutLinkFault(labOf(fleet), spec.expiresSeconds)
    case 'node-group-to-zero': {
      const {openAws} = await import('../drivers/aws/open-aws.ts')
      const aws = openAws(awsOf(clusterOnSite(fleet, spec.site)))
      const {group, expiresSeconds} = spec
      return closingAfter([{api: aws}], nodeGroupToZeroFault(aws, {group, id, expiresSeconds}))
    }
  }
}

/** @throws PpError NODE_GROUP_OUT_OF_REACH. */
export function awsOf({name, aws}: KubernetesCluster): AwsCluster {
  if (aws) return aws
  throw refusal('NODE_GROUP_OUT_OF_REACH', {
    message: `The fleet file does not say which EKS cluster ${name} is, so pp cannot change a node group of it.`,
    hint: `Add clusters.${name}.aws, then: pp config explain`,
  })
}

/** @throws PpError SERVICE_UNKNOWN, SERVICE_WITHOUT_CLUSTER, SITE_UNKNOWN. */
export const clustersHit = (
  fleet: Fleet,
  spec: Exclude<SiteFaultSpec, {kind: 'cut-link'}>,
): readonly KubernetesCluster[] =>
  spec.kind === 'delete-pods'
    ? clustersOf(fleet, findService(fleet, spec.service), spec.site)
    : [clusterOnSite(fleet, spec.site)]

export const openAll = (clusters: readonly KubernetesCluster[]): Promise<readonly OpenedCluster[]> =>
  Promise.all(clusters.map(openOne))

/** With what kubectl needs to reach it. */
export type OpenedCluster = FaultCluster & ClusterAccess

const openOne = async (declared: KubernetesCluster): Promise<OpenedCluster> => ({
  name: declared.name,
  namespace: declared.namespace,
  kubeconfig: declared.kubeconfig,
  context: declared.context,
  api: await openClusterToWrite(declared),
})

/** A cluster whose login or kubeconfig fails. */
export interface Unopened {
  readonly declared: KubernetesCluster
  readonly error: PpError
}

/** Connects to clusters for one act; one whose login fails does not keep it from the others. */
export async function withClusters<T>(
  clusters: readonly KubernetesCluster[],
  act: (opened: readonly OpenedCluster[], unopened: readonly Unopened[]) => Promise<T>,
): Promise<T> {
  const unopened: Unopened[] = []
  const tried = await Promise.all(
    clusters.map((declared) =>
      openOne(declared).catch((error: unknown) => {
        if (!(error instanceof PpError)) throw error
        unopened.push({declared, error})
        return undefined
      }),
    ),
  )
  const connected = tried.filter((one) => one !== undefined)
  try {
    return await act(connected, unopened)
  } finally {
    for (const {api} of connected) api.close()
  }
}

/** A drill takes a fault up twice, to make it and to undo it; either ends with a proof. */
function closingAfter<T>(opened: readonly {readonly api: {close(): void}}[], fault: Fault<T>): Fault<T> {
  const closing = async (proof: Promise<Proof>) => {
    try {
      return await proof
    } finally {
      for (const {api} of opened) api.close()
    }
  }
  return {
    ...fault,
    proveInForce: () => closing(fault.proveInForce()),
    proveGone: () => closing(fault.proveGone()),
  }
}

/** @throws PpError SITE_UNKNOWN. */
export function clusterOnSite({clusters}: Fleet, site: string): KubernetesCluster {
  const cluster = clusters.find((one) => one.site === site)
  if (cluster) return cluster
  throw usageError('SITE_UNKNOWN', {
    message: `The fleet has no cluster on a site "${site}"; it has ${clusters.map((one) => one.site).join(', ') || 'none'}.`,
    hint: 'pp config explain',
  })
}

/** Nobody but the lab lets pp cut the link: of a real one the routers belong to the network team and the provider. */
export function labOf({lab, name, environment}: Fleet): string {
  if (lab !== undefined) return lab
  throw refusal('LINK_OUT_OF_REACH', {
    message: `pp has no way to cut the link between the sites of ${name}/${environment}, and none to give it back.`,
    hint: 'Run this drill in a lab: PP_LAB=NAME pp lab up full',
  })
}

function cutLinkFault(lab: string, expiresSeconds: number): Fault<unknown> {
  const fault = {kind: 'link', how: 'cut', oneWay: false} as const
  const inLab = async () => {
    const [{siteFaultOf}, {requireRecord}] = await Promise.all([
      import('../lab/site-faults.ts'),
      import('../lab/state.ts'),
    ])
    return siteFaultOf(await requireRecord(lab), fault)
  }
  return {
    async apply() {
      const {breakSite} = await import('../lab/break.ts')
      return breakSite(lab, {...fault, until: Date.now() + expiresSeconds * 1000})
    },
    async undo() {
      const {mendHosts} = await import('../lab/break.ts')
      await mendHosts(lab, 'link')
    },
    proveInForce: async () => (await inLab()).proveInForce(),
    proveGone: async () => (await inLab()).proveGone(),
  }
}
