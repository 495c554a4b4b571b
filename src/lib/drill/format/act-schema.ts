import * as z from 'zod'

import {duration, safeName} from '../../fleet/schema.ts'
import {hostOrRole} from './host-schema.ts'
import {partName} from './name-schema.ts'

const hour = 3600
const name = partName
  .describe('Name in reports and for lift; made from what it does when left out.')
  .optional()
const host = hostOrRole('One of targets.hosts.')
const site = safeName.describe('One of targets.sites.')
const expires = duration(
  10,
  'The host itself lifts the fault after so long, whatever becomes of pp; 10m when left out.',
  hour,
).default(600)

const plainFault = (kind: 'stop' | 'kill' | 'freeze' | 'disk-full' | 'hang-archiver') =>
  z.strictObject({fault: z.literal(kind), host, expires, name})

/** Each kind has its own keys; nothing on the host could lift a power-off. */
const fault = z.discriminatedUnion('fault', [
  z.strictObject({fault: z.literal('power-off'), host, name}),
  plainFault('stop'),
  plainFault('kill'),
  plainFault('freeze'),
  z.strictObject({
    fault: z.literal('cut'),
    host,
    from: z
      .array(hostOrRole('Host that it no longer reaches.'))
      .default([])
      .describe('Whom it no longer reaches; everybody when left out.'),
    expires,
    name,
  }),
  plainFault('disk-full'),
  plainFault('hang-archiver'),
  z
    .strictObject({
      fault: z.literal('delete-pods'),
      service: safeName.describe('One of targets.services.'),
      site: safeName.describe('Only there; on each of its sites when left out.').optional(),
      count: z.int().min(1, '1 or more').describe('How many Pods of each site; 1 when left out.').optional(),
      percent: z
        .number()
        .gt(0, 'more than 0')
        .max(100, '100 or less')
        .describe('Share of the Pods of each site, rounded up; instead of count.')
        .optional(),
      name,
    })
    .refine(({count, percent}) => count === undefined || percent === undefined, {
      path: ['percent'],
      message: 'either count or percent, not both',
    }),
  z
    .strictObject({
      fault: z.literal('drain'),
      site,
      zone: safeName.describe('Nodes of this zone.').optional(),
      node: z.string().min(1).describe('Only this node; instead of zone.').optional(),
      name,
    })
    .refine(({zone, node}) => (zone === undefined) !== (node === undefined), {
      path: ['zone'],
      message: 'either zone or node',
    }),
  z.strictObject({
    fault: z.literal('cut-link'),
    expires: duration(10, 'The lab itself mends the link after so long; 10m when left out.', hour).default(
      600,
    ),
    name,
  }),
  z.strictObject({
    fault: z.literal('node-group-to-zero'),
    site,
    group: z.string().min(1).describe('Node group, as EKS names it.'),
    expires: duration(
      60,
      'AWS itself gives the group its sizes back after so long, whatever becomes of pp; 10m when left out.',
      hour,
    ).default(600),
    name,
  }),
  z.strictObject({fault: z.literal('api-server-down'), site, expires, name}),
])

export const faultKinds: readonly string[] = fault.options.map(({shape}) => shape.fault.value)

const lift = z.strictObject({lift: partName.describe('Name of a fault before it.'), name})

const wait = z.strictObject({
  wait: z
    .union([z.string(), z.number()], 'the name of a steady state, or a duration such as 30s')
    .describe('Name of a steady state that has to hold once; or a duration, and only the time passes.'),
  timeout: duration(0.5, 'How long it may take to hold; 1m when left out.', hour).optional(),
  name,
})

const flag = z.boolean('true or false').optional()
const typed = z
  .union([z.string().min(1), z.number()], 'what would be typed after the flag')
  .transform(String)
  .optional()
const operationTimeout = duration(1, 'How long it may take; 5m when left out.', 4 * hour).default(300)

/** Flags as an operator would type them. Those that give up safety, or ask a person, are not among them. */
const operation = z.discriminatedUnion('operation', [
  z.strictObject({
    operation: z.literal('failover'),
    with: z
      .strictObject({
        from: hostOrRole('As --from.').optional(),
        to: hostOrRole('As --to.').optional(),
        planned: flag,
        unplanned: flag,
        'max-lag': typed,
        'max-loss': typed,
        'pause-budget': typed,
        'accept-unlogged': flag,
        'accept-slot-loss': flag,
        again: flag,
        restart: flag,
      })
      .default({}),
    timeout: operationTimeout,
    name,
  }),
  z.strictObject({
    operation: z.literal('rejoin'),
    with: z.strictObject({host: hostOrRole('Member that comes back.'), 'remove-old': flag}),
    timeout: operationTimeout,
    name,
  }),
  z.strictObject({
    operation: z.literal('backup'),
    with: z.strictObject({}).default({}),
    timeout: operationTimeout,
    name,
  }),
  z.strictObject({
    operation: z.literal('restore'),
    with: z.strictObject({
      into: hostOrRole('Host of the isolated instance.'),
      backup: z
        .string()
        .min(1)
        .describe('newest, random, or the label of one; newest when left out.')
        .optional(),
      'to-time': typed,
    }),
    timeout: operationTimeout,
    name,
  }),
])

const load = z.strictObject({
  load: z.string().min(1).describe('Script of k6, relative to the fleet file.'),
  service: safeName.describe(
    'Service whose address is the BASE_URL of the script; the fleet file has its urls.',
  ),
  site: safeName.describe('Site where it is reached.'),
  settings: z
    .record(
      z.string().regex(/^[A-Z][A-Z0-9_]*$/, 'a name of a variable, such as RATE'),
      z.union([z.string(), z.number()], 'a text or a number').transform(String),
    )
    .default({})
    .describe('Variables of the script, as k6 run -e takes them.'),
  timeout: duration(1, 'How long it may take; 15m when left out.', 2 * hour).default(900),
  name,
})

const parallel = z.strictObject({
  parallel: z
    .array(z.union([fault, operation, wait, lift, load]))
    .min(2, 'two acts or more')
    .describe('Acts that begin at the same time; the next one begins when all have ended.'),
  name,
})

/** The key that an act begins with says what it is. */
export const method = z
  .array(z.union([fault, operation, wait, lift, load, parallel]))
  .min(1, 'one act or more')
  .describe('What is done, one after the other.')

export const undo = z
  .array(operation)
  .describe('Operations after the method, also after one that failed; faults are lifted before.')
