import {setTimeout as sleep} from 'node:timers/promises'
import * as z from 'zod'

import type {AwsDriver, GroupInstance} from '../../drivers/aws/types.ts'
import {messageOf} from '../../errors.ts'
import type {StepContext} from '../../operation/types.ts'
import {instanceIn} from '../objects.ts'
import {follow} from '../follow.ts'
import type {ServiceCluster} from '../open-service.ts'
import {selectorOfLabels, selectorText} from '../selectors.ts'
import {causeOf, type Asked, type NodeSeen} from './node-causes.ts'
import {awsOf} from './grow.ts'
import type {AwaitedGroup} from './types.ts'

/** How far the nodes of one group came. */
export interface Joined {
  readonly cluster: string
  readonly group: string
  /** New ones that are Ready. */
  readonly nodes: readonly string[]
  readonly isThere: boolean
  /** What keeps the others, and what to type; empty where all are there. */
  readonly because: string
  readonly next: string
}

/** Auto Scaling cannot be watched. */
const askedEveryMs = 2000
/** AWS tries the other zones too: only when it has refused for so long it has nothing now. */
const refusedForMs = 15_000
/** Of the clocks of AWS and of this machine, and of what was tried while the size was set. */
const skewMs = 30_000

const nodeSchema = z
  .object({
    metadata: z.object({name: z.string()}),
    spec: z.object({providerID: z.string().default('')}).default({providerID: ''}),
    status: z
      .object({conditions: z.array(z.object({type: z.string(), status: z.string()})).default([])})
      .default({conditions: []}),
  })
  .transform(({metadata, spec, status}): NodeSeen => ({
    name: metadata.name,
    instance: instanceIn(spec.providerID),
    isReady: status.conditions.some((one) => one.type === 'Ready' && one.status === 'True'),
  }))

/**
 * Waits, by watching, until so many nodes are Ready that were not there before. Ends early where AWS refuses to launch any more:
 * the Pods that fit need not wait for what does not come.
 */
export async function awaitNodes(
  cluster: ServiceCluster,
  {group, added, present}: AwaitedGroup,
  {seconds, context}: {readonly seconds: number; readonly context: StepContext},
): Promise<Joined> {
  const {api, declared} = cluster
  const aws = awsOf(cluster)
  const {labels = {}} = declared.nodeGroups.find(({name}) => name === group) ?? {}
  const over = new AbortController()
  const startedMs = Date.now()
  let nodes: readonly NodeSeen[] = []
  const fresh = () => nodes.filter(({name, isReady}) => isReady && !present.includes(name))
  const followed = follow(api, {
    path: '/api/v1/nodes',
    schema: nodeSchema,
    query: {labelSelector: selectorText(selectorOfLabels(labels))},
    signal: over.signal,
    tell(all) {
      nodes = all
      if (fresh().length >= added) over.abort()
    },
    onSilence: (why) => context.detail(`the API server is silent: ${why}`),
  })
  let told = {because: `pool ${group}: AWS has launched nothing yet`, next: ''}
  let refusedSince: number | undefined
  for (const deadline = performance.now() + seconds * 1000; performance.now() < deadline;) {
    await sleep(askedEveryMs, undefined, {signal: over.signal}).catch(() => undefined)
    if (over.signal.aborted || context.isInterrupted()) break
    const seen = await askedOf(aws, group, startedMs - skewMs)
    told = causeOf({cluster: declared, group, present, nodes, added, seen})
    context.detail(`${fresh().length} of ${added} Ready; ${told.because}`)
    const isRefused = seen.kind === 'seen' && seen.refused !== undefined && !isComing(seen.instances, nodes)
    refusedSince = isRefused ? (refusedSince ?? performance.now()) : undefined
    if (refusedSince !== undefined && performance.now() - refusedSince >= refusedForMs) break
  }
  const isThere = fresh().length >= added
  over.abort()
  await followed
  return {
    cluster: declared.name,
    group,
    nodes: fresh().map(({name}) => name),
    isThere,
    because: isThere ? '' : told.because,
    next: isThere ? '' : told.next,
  }
}

const isComing = (instances: readonly GroupInstance[], nodes: readonly NodeSeen[]): boolean =>
  instances.some(
    ({id, state}) => state !== 'going' && !nodes.some(({instance, isReady}) => instance === id && isReady),
  )

async function askedOf(aws: AwsDriver, group: string, sinceMs: number): Promise<Asked> {
  try {
    const [groups, activities] = await Promise.all([aws.listNodeGroups(), aws.activities(group)])
    const {instances = [], scalingGroup = ''} = groups.find(({name}) => name === group) ?? {}
    const refused = activities.find(
      ({state, startedAt}) => state === 'failed' && startedAt.getTime() >= sinceMs,
    )
    return {kind: 'seen', scalingGroup, instances, refused}
  } catch (error) {
    return {kind: 'silent', because: messageOf(error)}
  }
}
