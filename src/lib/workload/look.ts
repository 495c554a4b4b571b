import {getText} from '../drivers/http/get-text.ts'
import type {Service} from '../fleet/types.ts'
import {messageOf} from '../errors.ts'
import {samplesOf, type Sample} from './exposition.ts'

/** One instance of a service, as it says itself. */
export interface InstanceState {
  readonly url: string
  readonly isReady: boolean
  /** Why it is not: what it misses, or that it does not answer. */
  readonly problem: string | undefined
  readonly version: string | undefined
  readonly image: string | undefined
  /** How long it has been running, in seconds. */
  readonly upSeconds: number | undefined
  /** Requests that it has answered since it started, without its own health and metrics; errors are its 5xx. */
  readonly requests: number | undefined
  readonly errors: number | undefined
  /** Of the queue that all instances share; undefined for a service without one. */
  readonly queue: {readonly depth: number; readonly oldestSeconds: number} | undefined
}

export interface ServiceState {
  readonly name: string
  readonly instances: readonly InstanceState[]
}

const timeoutMs = 2000
/** Asked by what watches it, not by who uses it. */
export const ownRoutes = new Set(['/livez', '/readyz', '/metrics', '/openapi.json'])

/** Asks all instances at once; one that does not answer within 2 s is shown as such. */
export function lookAtServices(services: readonly Service[]): Promise<readonly ServiceState[]> {
  return Promise.all(
    services.map(async ({name, instances}) => ({
      name,
      instances: await Promise.all(instances.map((url) => lookAtInstance(url))),
    })),
  )
}

async function lookAtInstance(url: string): Promise<InstanceState> {
  const [problem, metrics] = await Promise.all([problemOf(url), metricsOf(url)])
  return {url, isReady: problem === undefined, problem, ...measured(metrics)}
}

async function problemOf(url: string): Promise<string | undefined> {
  try {
    const {status, body} = await getText(new URL('/readyz', url), timeoutMs)
    if (status === 200) return undefined
    return missingIn(body) ?? `/readyz says ${status}`
  } catch (error) {
    return `no answer: ${reasonOf(error)}`
  }
}

function missingIn(body: string): string | undefined {
  try {
    const {missing} = JSON.parse(body) as {missing?: unknown}
    return Array.isArray(missing) && missing.length > 0 ? `not ready: ${missing.join(', ')}` : undefined
  } catch {
    return undefined
  }
}

/** What fetch throws says only that it failed; why is below. */
const reasonOf = (error: unknown) => messageOf((error as {cause?: unknown}).cause ?? error)

async function metricsOf(url: string): Promise<string> {
  try {
    const {status, body} = await getText(new URL('/metrics', url), timeoutMs)
    return status === 200 ? body : ''
  } catch {
    return ''
  }
}

/** What an instance says of itself in its metrics. */
export function measured(text: string): Omit<InstanceState, 'url' | 'isReady' | 'problem'> {
  const [info] = samplesOf(text, 'service_info')
  const [startedAt] = samplesOf(text, 'process_start_time_seconds')
  const [depth] = samplesOf(text, 'render_queue_depth')
  const [oldest] = samplesOf(text, 'render_queue_oldest_age_seconds')
  const answered = samplesOf(text, 'http_request_duration_seconds_count').filter(
    ({labels}) => !ownRoutes.has(labels.route ?? ''),
  )
  const known = text.includes('# TYPE http_request_duration_seconds ')
  return {
    version: info?.labels.version,
    image: info?.labels.image || undefined,
    upSeconds: startedAt && Math.max(0, Date.now() / 1000 - startedAt.value),
    requests: known ? sum(answered) : undefined,
    errors: known ? sum(answered.filter(({labels}) => labels.status?.startsWith('5'))) : undefined,
    queue: depth && {depth: depth.value, oldestSeconds: oldest?.value ?? 0},
  }
}

const sum = (samples: readonly Sample[]) => samples.reduce((total, {value}) => total + value, 0)
