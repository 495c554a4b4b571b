import type {ClusterReader} from '../drivers/kubernetes/types.ts'
import * as z from 'zod'

import {ownRoutes} from '../workload/look.ts'
import {samplesOf} from '../workload/exposition.ts'
import type {RolloutFacts} from './facts.ts'
import type {Answers} from './judge.ts'
import {operationLabel} from './template.ts'

const podSchema = z.object({
  metadata: z.object({
    name: z.string(),
    labels: z.record(z.string(), z.string()).default({}),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
  status: z.object({podIP: z.string().optional(), phase: z.string().default('')}).default({phase: ''}),
})

/** Counts of one Pod, which only grow while it runs. */
export interface PodAnswers extends Answers {
  readonly pod: string
  readonly isCanary: boolean
}

/**
 * Asks every Pod of a service what it has answered so far, through the API server. A Pod that does not say is left out.
 *
 * @throws PpError when the Pods cannot be listed.
 */
export async function askAnswers(
  reader: Pick<ClusterReader, 'list' | 'text'>,
  {namespace, selector}: Pick<RolloutFacts, 'namespace' | 'selector'>,
): Promise<readonly PodAnswers[]> {
  const labelSelector = Object.entries(selector)
    .map(([name, value]) => `${name}=${value}`)
    .join(',')
  const pods = await reader.list(`/api/v1/namespaces/${namespace}/pods`, podSchema, {labelSelector})
  const asked = await Promise.allSettled(
    pods
      .filter(({status}) => status.phase === 'Running')
      .map(async ({metadata: {name, labels, annotations}}) => {
        const port = annotations['prometheus.io/port'] ?? '8080'
        const text = await reader.text(`/api/v1/namespaces/${namespace}/pods/${name}:${port}/proxy/metrics`)
        return {pod: name, isCanary: labels[operationLabel] !== undefined, ...answersIn(text ?? '')}
      }),
  )
  return asked.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
}

/** Requests without those of who watches the service, and jobs; failures are its own: status 5xx, a job given up. */
export function answersIn(metrics: string): Answers {
  const requests = samplesOf(metrics, 'http_request_duration_seconds_count')
    .filter(({labels}) => !ownRoutes.has(labels.route ?? ''))
    .map(({labels, value}) => ({value, isError: labels.status?.startsWith('5') === true}))
  const jobs = samplesOf(metrics, 'render_jobs_total').map(({labels, value}) => ({
    value,
    isError: labels.outcome === 'failed',
  }))
  return sumOf([...requests, ...jobs])
}

const sumOf = (counts: readonly {value: number; isError: boolean}[]): Answers =>
  counts.reduce(
    (sum, {value, isError}) => ({requests: sum.requests + value, errors: sum.errors + (isError ? value : 0)}),
    {requests: 0, errors: 0},
  )

/** Adds up over many looks, Pod by Pod: one that has started anew begins to count at nothing. */
export class Tally {
  readonly #last = new Map<string, Answers>()
  readonly #sums = {running: {requests: 0, errors: 0}, canary: {requests: 0, errors: 0}}

  take(answers: readonly PodAnswers[]): void {
    for (const {pod, isCanary, requests, errors} of answers) {
      const last = this.#last.get(pod)
      this.#last.set(pod, {requests, errors})
      // What it had answered before it was looked at first says nothing of now; a canary's life is all that there is of it.
      const base = last ?? (isCanary ? {requests: 0, errors: 0} : {requests, errors})
      const isNew = requests < base.requests
      const sum = this.#sums[isCanary ? 'canary' : 'running']
      sum.requests += isNew ? requests : requests - base.requests
      sum.errors += isNew ? errors : errors - base.errors
    }
  }

  get running(): Answers {
    return this.#sums.running
  }

  get canary(): Answers {
    return this.#sums.canary
  }
}
