import * as z from 'zod'
import {waitUntil} from '../../drivers/machine/processes.ts'
import {PpError} from '../../errors.ts'
import type {Site} from '../sites.ts'
import {clusterSites, type LabRecord} from '../state.ts'
import {askCluster, nodeHosts} from './nodes.ts'

const condition = z.object({type: z.string(), status: z.string()})
const listed = z.object({
  items: z.array(
    z.object({
      kind: z.string(),
      metadata: z.object({name: z.string()}),
      spec: z.object({replicas: z.number().optional()}).optional(),
      status: z
        .object({conditions: z.array(condition).optional(), availableReplicas: z.number().optional()})
        .optional(),
    }),
  ),
})
type Item = z.infer<typeof listed>['items'][number]

const nodeCondition: Readonly<Record<string, string>> = {Node: 'Ready', APIService: 'Available'}

/**
 * What of a site's cluster itself is not as it should be: nodes that are not Ready, DNS, metrics, KEDA and the ingress that are not there;
 * empty when all is well.
 */
async function clusterWrong(record: LabRecord, site: Site): Promise<readonly string[]> {
  // What runs in other namespaces is its owner's to judge.
  const lists = await Promise.all([
    listIn(record, site, 'kube-system', 'nodes,deployments,apiservices'),
    listIn(record, site, 'keda', 'deployments'),
    listIn(record, site, 'ingress', 'deployments'),
  ])
  if (lists.includes(undefined)) return [`the API server of ${site} does not answer`]
  const items = lists.flatMap((list) => list ?? [])
  const known = new Set(items.filter(({kind}) => kind === 'Node').map(({metadata}) => metadata.name))
  return [
    ...nodeHosts(record, site).flatMap(({name}) => (known.has(name) ? [] : [`${name} has not joined`])),
    ...items.flatMap((item) => (isWell(item) ? [] : [`${item.kind} ${item.metadata.name} is not ready`])),
  ]
}

/** Undefined while the API server does not answer. */
async function listIn(
  record: LabRecord,
  site: Site,
  namespace: string,
  kinds: string,
): Promise<readonly Item[] | undefined> {
  const asked = ['get', kinds, '--namespace', namespace, '--output', 'json']
  const {status, stdout} = await askCluster(record, site, asked)
  return status === 0 ? listed.parse(JSON.parse(stdout)).items : undefined
}

function isWell({kind, spec, status}: Item): boolean {
  if (kind === 'Deployment') return (status?.availableReplicas ?? 0) >= (spec?.replicas ?? 1)
  return (
    status?.conditions?.some(({type, status: is}) => type === nodeCondition[kind] && is === 'True') ?? false
  )
}

/** @throws PpError LAB_UNHEALTHY naming what is wrong when the time has run out. */
export async function waitForCluster(record: LabRecord, timeoutSeconds: number): Promise<void> {
  let wrong: readonly string[] = []
  await waitUntil(
    async () => {
      wrong = (await Promise.all(clusterSites(record).map((site) => clusterWrong(record, site)))).flat()
      return wrong.length === 0
    },
    timeoutSeconds,
    500,
  )
  if (wrong.length === 0) return
  throw new PpError('degraded', 'LAB_UNHEALTHY', {
    message: `The hosts of lab "${record.name}" run, but after ${timeoutSeconds} s: ${wrong.join('; ')}.`,
    hint: 'Look inside a host: pp lab shell node1 -- journalctl -b --no-pager -u kubelet',
  })
}
