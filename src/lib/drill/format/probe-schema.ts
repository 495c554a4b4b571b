import * as z from 'zod'

import {duration, safeName} from '../../fleet/schema.ts'
import {parseSize} from '../../size.ts'
import {tellingKeys} from '../../yaml/schema-at.ts'
import {hostOrRole} from './host-schema.ts'
import {partName} from './name-schema.ts'

const probeTimes = ['before', 'during', 'after', 'until-recovered'] as const

const port = z.int('a port, 1 to 65535').min(1, 'a port, 1 to 65535').max(65_535, 'a port, 1 to 65535')
const size = z.union([z.string(), z.number()], 'a size such as 16MB').transform((value, context) => {
  const bytes = parseSize(String(value))
  if (bytes === undefined) context.addIssue('a size such as 16MB')
  return bytes ?? z.NEVER
})

const http = z
  .strictObject({
    url: z
      .url({protocol: /^https?$/, error: 'an address, https://…'})
      .describe('Address that is asked for.')
      .optional(),
    service: safeName
      .describe('Service that is asked, instead of url; the fleet file has its urls.')
      .optional(),
    site: safeName.describe('With service: site where it is reached.').optional(),
    path: z
      .string()
      .regex(/^\//, 'a path, /…')
      .describe('With service: what is asked for; / when left out.')
      .optional(),
    status: z
      .int()
      .min(100)
      .max(599)
      .default(200)
      .describe('Status that it has to answer with; 200 when left out.'),
    contains: z.string().min(1).describe('Text that the body has to hold.').optional(),
  })
  .refine(
    ({url, service, site, path}) =>
      url === undefined
        ? service !== undefined && site !== undefined
        : (service ?? site ?? path) === undefined,
    {
      path: ['url'],
      message: 'either url, or service and site',
    },
  )
const tcp = z.strictObject({host: hostOrRole('Host that has to take a connection.'), port})
const sql = z.strictObject({
  query: z.string().trim().min(1, 'a query').describe('One number from one row, read through the poolers.'),
  min: z.number().describe('Least that it may be.').optional(),
  max: z.number().describe('Most that it may be.').optional(),
})
const replication = z.strictObject({
  standbys: z.int().min(1, 'one standby or more').describe('How many have to stream from the primary.'),
  maxLag: size.describe('How far the worst of them may be behind, of WAL.').optional(),
})
const kubernetes = z.strictObject({
  service: safeName.describe('Service whose Pods have to be ready; the API server when left out.').optional(),
  site: safeName.describe('Only there; on each site when left out.').optional(),
  ready: z
    .int()
    .min(1, '1 or more')
    .describe('Least ready Pods of each site; as many as are wanted when left out.')
    .optional(),
  most: z.int().min(0).describe('Most Pods of each site, ready or not; any number when left out.').optional(),
})
const prometheus = z.strictObject({
  query: z.string().trim().min(1, 'a query').describe('PromQL that gives one series.'),
  min: z.number().describe('Least that it may be.').optional(),
  max: z.number().describe('Most that it may be.').optional(),
})
const marker = z.strictObject({})
const command = z.strictObject({
  run: z
    .array(z.string().min(1))
    .min(1, 'a program and its arguments')
    .describe('No shell sees it. A / in the name of the program makes it relative to the fleet file.'),
  exitCode: z.int().min(0).max(255).default(0).describe('What it has to end with; 0 when left out.'),
})
const pp = z.strictObject({
  of: z.enum(['status', 'db status']).describe('Command of pp whose --json is read.'),
  field: z.string().min(1).describe('Path of a field in it, such as hosts.0.state.'),
  equals: z.union([z.string(), z.number(), z.boolean(), z.null()], 'a text, a number, true, false or null'),
})

/** Each kind is one key; later ones get a key of their own. */
const probe = z.union([
  z.strictObject({
    marker: marker.describe('A numbered row is written through the poolers and acknowledged.'),
  }),
  z.strictObject({sql: sql.describe('One number that SQL reads.')}),
  z.strictObject({replication: replication.describe('Standbys stream.')}),
  z.strictObject({http: http.describe('A web server answers.')}),
  z.strictObject({tcp: tcp.describe('A port takes connections.')}),
  z.strictObject({kubernetes: kubernetes.describe('Pods of a service, or API servers, are ready.')}),
  z.strictObject({prometheus: prometheus.describe('One number that Prometheus knows.')}),
  z.strictObject({command: command.describe('A program ends as it should.')}),
  z.strictObject({pp: pp.describe('A field of what pp itself shows.')}),
])

export const probeKinds: readonly string[] = tellingKeys(probe)

/** A measurable claim. */
export const steadyState = z.strictObject({
  name: partName,
  probe: probe.describe('How it is measured. A look that gives no data has failed.'),
  when: z
    .array(z.enum(probeTimes))
    .default(['before', 'after'])
    .describe('When it has to hold; before and after when left out. Empty: only where an act waits for it.'),
  pace: duration(0.1, 'Time between two looks; 1s when left out.', 300).default(1),
  timeout: duration(0.1, 'How long a look may take; 2s when left out.', 60).default(2),
  allowedMisses: z
    .int()
    .min(0)
    .default(0)
    .describe('Looks that may fail in each of its times; 0 when left out.'),
  goodInARow: z
    .int()
    .min(1)
    .default(3)
    .describe('until-recovered: good looks in a row that end it; 3 when left out.'),
})
