import {expect} from './thresholds.ts'

export type Kind = 'counter' | 'gauge' | 'rate' | 'trend'
export type Tags = Readonly<Record<string, string>>

interface Sample {
  readonly value: number
  readonly tags: Tags
}

const metrics = new Map<string, {readonly kind: Kind; readonly samples: Sample[]}>()

export function define(name: string, kind: Kind): void {
  if (!metrics.has(name)) metrics.set(name, {kind, samples: []})
}

export function add(name: string, value: number, tags: Tags = {}): void {
  const metric = metrics.get(name)
  if (!metric) throw new Error(`there is no metric ${name}`)
  if (Number.isNaN(value)) throw new Error(`${name}: not a number`)
  metric.samples.push({value, tags})
}

for (const [name, kind] of [
  ['checks', 'rate'],
  ['http_reqs', 'counter'],
  ['http_req_failed', 'rate'],
  ['http_req_duration', 'trend'],
  ['ws_sessions', 'counter'],
  ['ws_msgs_sent', 'counter'],
  ['ws_msgs_received', 'counter'],
] as const)
  define(name, kind)

export interface Verdict {
  readonly metric: string
  readonly condition: string
  readonly samples: number
  readonly isMet: boolean
}

/** @param metric with the tags that are asked for: `http_req_duration{kind:read}` */
export function judge(metric: string, condition: string): Verdict {
  const [, name = '', asked = ''] = /^(\w+)(?:\{(.*)\})?$/.exec(metric) ?? []
  const found = metrics.get(name)
  const wanted = asked === '' ? [] : asked.split(',').map((tag) => tag.split(':'))
  const values = (found?.samples ?? [])
    .filter(({tags}) => wanted.every(([key = '', value]) => tags[key] === value))
    .map(({value}) => value)
  return {
    metric,
    condition,
    samples: values.length,
    isMet: found !== undefined && expect(found.kind, values, condition),
  }
}
