import * as z from 'zod'

import type {ServiceCluster} from '../open-service.ts'
import {follow} from '../follow.ts'

/** How far one cluster has come. */
export interface Readiness {
  readonly ready: number
  /** Pods that are there, with those that still end. */
  readonly pods: number
  readonly wanted: number
}

const podSchema = z
  .object({
    metadata: z.object({deletionTimestamp: z.string().optional()}),
    status: z
      .object({
        phase: z.string().default(''),
        conditions: z.array(z.object({type: z.string(), status: z.string()})).default([]),
      })
      .default({phase: '', conditions: []}),
  })
  .transform(({metadata, status}) => ({
    hasEnded: ['Succeeded', 'Failed'].includes(status.phase),
    isReady:
      metadata.deletionTimestamp === undefined &&
      status.conditions.some((one) => one.type === 'Ready' && one.status === 'True'),
  }))

const selectorSchema = z.object({
  spec: z.object({
    selector: z.object({
      matchLabels: z.record(z.string(), z.string()).default({}),
      matchExpressions: z
        .array(z.object({key: z.string(), operator: z.string(), values: z.array(z.string()).default([])}))
        .default([]),
    }),
  }),
})

interface Waited {
  readonly deployment: string
  readonly wanted: number
  /** Fewer are wanted: those that end have to be gone, so that what they work on is finished. */
  readonly isFewer: boolean
  readonly signal: AbortSignal
  readonly onChange: (readiness: Readiness) => void
  readonly onSilence: (why: string) => void
}

/**
 * Waits, by watching, until so many Pods are ready, or the surplus ones have gone. Its end by the signal is no failure.
 *
 * @returns how far it came, and whether that is far enough. @throws PpError as `follow`.
 */
export async function untilReady(
  {api, declared: {namespace}}: ServiceCluster,
  {deployment, wanted, isFewer, signal, onChange, onSilence}: Waited,
): Promise<Readiness & {readonly isThere: boolean}> {
  const labelSelector = await selectorOf({api, namespace, deployment, signal, onSilence})
  const there = new AbortController()
  let last: Readiness = {ready: 0, pods: 0, wanted}
  const isThere = () => (isFewer ? last.pods <= wanted : true) && last.ready >= wanted
  await follow(api, {
    path: `/api/v1/namespaces/${namespace}/pods`,
    schema: podSchema,
    query: {labelSelector},
    signal: AbortSignal.any([signal, there.signal]),
    tell(pods) {
      const alive = pods.filter(({hasEnded}) => !hasEnded)
      last = {ready: alive.filter(({isReady}) => isReady).length, pods: alive.length, wanted}
      onChange(last)
      if (isThere()) there.abort()
    },
    onSilence,
  })
  return {...last, isThere: there.signal.aborted}
}

async function selectorOf({
  api,
  namespace,
  deployment,
  signal,
  onSilence,
}: {
  readonly api: ServiceCluster['api']
  readonly namespace: string
  readonly deployment: string
  readonly signal: AbortSignal
  readonly onSilence: (why: string) => void
}): Promise<string> {
  let text = ''
  const found = new AbortController()
  await follow(api, {
    path: `/apis/apps/v1/namespaces/${namespace}/deployments`,
    schema: selectorSchema,
    query: {fieldSelector: `metadata.name=${deployment}`},
    signal: AbortSignal.any([signal, found.signal]),
    tell([declared]) {
      if (!declared) return
      text = selectorText(declared)
      found.abort()
    },
    onSilence,
  })
  return text
}

/** As an API server takes it. */
function selectorText({spec}: z.output<typeof selectorSchema>): string {
  const {matchLabels, matchExpressions} = spec.selector
  const expressions = matchExpressions.map(({key, operator, values}) => {
    if (operator === 'Exists') return key
    if (operator === 'DoesNotExist') return `!${key}`
    return `${key} ${operator === 'In' ? 'in' : 'notin'} (${values.join(',')})`
  })
  return [...Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`), ...expressions].join(',')
}
