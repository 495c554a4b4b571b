import * as z from 'zod'

import {duration, notifyHooks, safeName} from '../../fleet/schema.ts'
import {method, undo} from './act-schema.ts'
import {guards} from './guard-schema.ts'
import {hostOrRole} from './host-schema.ts'
import {line, partName} from './name-schema.ts'
import {steadyState} from './probe-schema.ts'

const targets = z.strictObject({
  database: safeName.describe('Database of the fleet file.'),
  hosts: z
    .array(hostOrRole('Host that a fault may hit.'))
    .default([])
    .describe('Hosts that faults may hit, and no other.'),
  maxHosts: z
    .int()
    .min(1, '1 or more')
    .default(1)
    .describe('How many different hosts faults may hit in all; 1 when left out.'),
  maxPods: z
    .int()
    .min(1, '1 or more')
    .default(1)
    .describe('How many Pods a fault may delete at most, of all sites together; 1 when left out.'),
  services: z.array(safeName).default([]).describe('Services whose Pods faults may delete, and no other.'),
  sites: z
    .array(safeName)
    .default([])
    .describe('Sites whose nodes and API servers faults may take away, and no other.'),
})

const shareMessage = 'a share such as 99% or 0.99'
const share = z
  .union([z.string(), z.number()], shareMessage)
  .transform((value) =>
    typeof value === 'number'
      ? value
      : /^\d+(\.\d+)?\s?%$/.test(value)
        ? Number.parseFloat(value) / 100
        : NaN,
  )
  .pipe(z.number(shareMessage).min(0, shareMessage).max(1, shareMessage))

const objectives = z.strictObject({
  rto: duration(0.1, 'Longest time without a client that can write.', 86_400).optional(),
  rpo: z.int().min(0).describe('Acknowledged rows of the marker that may be missing in the end.').optional(),
  services: z
    .array(
      z.strictObject({
        name: partName.describe('The name of the steady state when left out.').optional(),
        probe: partName.describe('Name of a steady state that is looked at during the run.'),
        atLeast: share.describe('Share of its looks during the run that have to be good.').optional(),
        outage: duration(0.1, 'Longest time without a good look at it during the run.', 86_400).optional(),
      }),
    )
    .default([]),
})

/** A drill as it is written. */
export const drillFileSchema = z.strictObject({
  $schema: z.string().optional(),
  apiVersion: z.literal('pp/v1').describe('Version of this format.'),
  title: line(72).describe('What is rehearsed, in one line.'),
  why: z.string().trim().min(1, 'the reason, in a sentence or more').describe('Why it is worth an outage.'),
  owner: line(72).describe('Who is asked about it.'),
  environments: z.array(safeName).min(1, 'one environment or more').describe('Where it may run.'),
  targets,
  guards: guards.default({windows: {}, stop: []}),
  steadyState: z.array(steadyState).min(1, 'one claim or more').describe('Measurable claims.'),
  method,
  objectives: objectives.default({services: []}),
  undo: undo.default([]),
  evidence: z
    .strictObject({
      keep: z.int().min(1).max(10_000).default(50).describe('How many runs are kept; 50 when left out.'),
    })
    .default({keep: 50}),
  notify: notifyHooks.default({}).describe('Who is told, besides the hooks of the fleet file.'),
})

export type DrillFile = z.infer<typeof drillFileSchema>
