import * as z from 'zod'
import type {ProgramOptions, ProgramResult} from '../../drivers/machine/program.ts'
import {PpError} from '../../errors.ts'
import {runInside} from '../inside.ts'
import type {Site} from '../sites.ts'
import {findHost, type HostRecord, type LabRecord} from '../state.ts'
import {programsOnHost} from './variables.ts'

/** Host of a site's control plane. */
export const controlPlaneOf: Readonly<Record<Site, string>> = {rack: 'ctl1', aws: 'aws-ctl'}

/** Hosts that are nodes of a site's cluster. */
export const nodeHosts = ({hosts}: LabRecord, site: Site): readonly HostRecord[] =>
  hosts.filter((host) => host.site === site && host.hasKubernetes && host.name !== controlPlaneOf[site])

/** kubectl as the administrator on the control plane, past the network of the lab. */
export const askCluster = (
  record: LabRecord,
  site: Site,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramResult> =>
  runInside(
    findHost(record, controlPlaneOf[site]),
    [`${programsOnHost}/bin/kubectl`, '--kubeconfig', '/etc/kubernetes/admin.kubeconfig', ...args],
    {timeoutSeconds: 10, ...options},
  )

/** Creates an object, or the items of a List; what is there already stays. @throws PpError LAB_UNHEALTHY. */
export async function createOnCluster(record: LabRecord, site: Site, object: object): Promise<void> {
  const {status, stderr} = await askCluster(record, site, ['create', '-f', '-'], {
    input: JSON.stringify(object),
  })
  const failed = stderr.split('\n').filter((line) => line !== '' && !line.includes('(AlreadyExists)'))
  if (status === 0 || failed.length === 0) return
  throw new PpError('degraded', 'LAB_UNHEALTHY', {
    message: `The cluster of site ${site} did not take what the lab wants to be there: ${failed.join('; ')}.`,
    hint: `Look inside: pp lab shell ${controlPlaneOf[site]} -- journalctl -b --no-pager`,
  })
}

const nodeList = z.object({
  items: z.array(
    z.object({
      metadata: z.object({name: z.string()}),
      spec: z.object({providerID: z.string().optional()}),
      status: z.object({
        conditions: z.array(z.object({type: z.string(), status: z.string()})).default([]),
      }),
    }),
  ),
})

export interface ClusterNode {
  readonly name: string
  /** `aws:///ZONE/INSTANCE`; none on the rack. */
  readonly providerID: string | undefined
  readonly isReady: boolean
}

/** Nodes that a site's cluster knows; none while its API server does not answer. */
export async function nodesOf(record: LabRecord, site: Site): Promise<readonly ClusterNode[]> {
  const {status, stdout} = await askCluster(record, site, ['get', 'nodes', '--output', 'json'])
  if (status !== 0) return []
  return nodeList.parse(JSON.parse(stdout)).items.map(({metadata, spec, status: {conditions}}) => ({
    name: metadata.name,
    providerID: spec.providerID,
    isReady: conditions.some(({type, status: is}) => type === 'Ready' && is === 'True'),
  }))
}

const drainSeconds = 30

/** Lets what runs on a node of site aws move away, and forgets the node; one that is gone already is as good. */
export async function removeNode(record: LabRecord, node: string): Promise<void> {
  const patience = ['--ignore-daemonsets', '--delete-emptydir-data', '--force', `--timeout=${drainSeconds}s`]
  await askCluster(record, 'aws', ['drain', node, ...patience], {timeoutSeconds: drainSeconds + 5})
  await askCluster(record, 'aws', ['delete', 'node', node, '--ignore-not-found', '--wait=false'])
}
