import * as z from 'zod'

import {parseDuration} from '../../duration.ts'

/**
 * What the checks across a file need of it, read off whatever was written: a part that is wrong or missing is left out.
 * So they find their mistakes also in a file in which the schema has found others.
 */
export function outlineOf(value: unknown): Outline {
  return outline.parse(value)
}

export type Outline = z.infer<typeof outline>
export type OutlineAct = z.infer<typeof act>

const text = z.string().optional().catch(undefined)
const anything = z.unknown().optional()
const number = z.number().optional().catch(undefined)
const seconds = z
  .union([z.number(), z.string().transform(parseDuration)])
  .optional()
  .catch(undefined)
const list = <T extends z.ZodType>(element: T) => z.array(element).catch([])
const part = <T extends z.ZodRawShape>(shape: T) => {
  const object = z.object(shape)
  return object.catch(() => object.parse({}))
}

const act = part({
  name: text,
  fault: text,
  host: text,
  service: text,
  site: text,
  operation: text,
  with: part({planned: anything, unplanned: anything}),
  wait: z.union([z.string(), z.number()]).optional().catch(undefined),
  timeout: seconds,
  lift: text,
  load: text,
})

const bounds = part({query: text, min: number, max: number})

/** Of a probe that reads a number. */
export function boundsIn(sql: unknown): z.infer<typeof bounds> {
  return bounds.parse(sql)
}

const windows = part({
  allowed: list(part({from: text, to: text})),
  blocked: list(part({from: text, to: text})),
})

const outline = part({
  environments: list(text),
  targets: part({hosts: list(text), maxHosts: number, services: list(text), sites: list(text)}),
  guards: part({
    windows: z.record(z.string(), windows).catch({}),
    stop: list(part({probe: text, for: seconds})),
  }),
  steadyState: list(
    part({
      name: text,
      probe: z.record(z.string(), anything).catch({}),
      when: list(text),
      pace: seconds,
    }),
  ),
  method: list(z.intersection(act, part({parallel: list(act)}))),
  objectives: part({
    rto: anything,
    rpo: anything,
    services: list(part({name: text, probe: text, atLeast: anything, outage: anything})),
  }),
  undo: list(act),
  notify: z.record(z.string(), part({command: anything, webhook: anything})).catch({}),
})
