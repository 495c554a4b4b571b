import * as z from 'zod/mini'

const endpoint = z.object({host: z.string(), port: z.number()})

/**
 * First line that the client program reads on stdin. It goes there, and not into arguments or the environment,
 * because of the password. The program ends when stdin does: nobody is left to tell it to stop.
 */
export const clientConfig = z.object({
  run: z.string(),
  ledger: z.string(),
  endpoints: z.array(endpoint),
  /** `spread`: client by client over all endpoints; `writable`: the first that accepts writes, as libpq does it. */
  choose: z.enum(['spread', 'writable']),
  login: z.object({user: z.string(), password: z.string(), database: z.string()}),
  clients: z.number(),
  paceMs: z.number(),
  newClientsPerSecond: z.number(),
  patience: z.object({connectMs: z.number(), answerMs: z.number()}),
})
export type ClientConfig = z.infer<typeof clientConfig>

/** Counts since the start, as the client program reports them each second. */
export const progress = z.object({
  kind: z.literal('progress'),
  seconds: z.number(),
  acknowledged: z.number(),
  failed: z.number(),
  unknown: z.number(),
  longestGapMs: z.number(),
  /** Since the last acknowledgement of any client. */
  quietMs: z.number(),
})
export type LoadProgress = z.infer<typeof progress>

/** Lines that the client program writes on stdout. */
export const clientMessage = z.discriminatedUnion('kind', [
  progress,
  /** Every client has written its first row. */
  z.object({kind: z.literal('running')}),
  /** Answer to `flush`: everything that ended before it was asked is in the ledger. */
  z.object({kind: z.literal('flushed')}),
  z.object({kind: z.literal('stopped'), endMs: z.number()}),
])
export type ClientMessage = z.infer<typeof clientMessage>

/** Lines after the first that the client program takes. */
export type ClientCommand = 'flush' | 'stop'
