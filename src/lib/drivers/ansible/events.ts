import * as z from 'zod'

import {parsedJson} from '../../parsed-json.ts'

const counts = z.object({
  ok: z.number(),
  changed: z.number(),
  failed: z.number(),
  unreachable: z.number(),
  skipped: z.number(),
})

const event = z.discriminatedUnion('event', [
  z.object({event: z.literal('play'), name: z.string()}),
  z.object({event: z.literal('task'), name: z.string(), isHandler: z.boolean()}),
  z.object({
    event: z.literal('result'),
    host: z.string(),
    task: z.string(),
    status: z.enum(['ok', 'changed', 'failed', 'unreachable', 'skipped']),
    /** The playbook says that this failure does not matter. */
    ignored: z.boolean(),
    /** Why it failed; empty otherwise. Output of tasks that handle secrets is not in it. */
    message: z.string(),
    /** What was changed, where the task names it: paths, kinds of SQL statement. */
    details: z.array(z.string()),
    seconds: z.number().nullable(),
  }),
  /** What a playbook tells people on purpose (a `debug` task). */
  z.object({event: z.literal('notice'), host: z.string(), message: z.string()}),
  z.object({event: z.literal('stats'), hosts: z.record(z.string(), counts)}),
])

/** One thing that happened, as the callback plugin `pp_events` tells it. */
export type PlaybookEvent = z.infer<typeof event>
export type TaskResult = Extract<PlaybookEvent, {event: 'result'}>
export type HostCounts = z.infer<typeof counts>

/** Undefined for lines that are no event: what Ansible itself prints, and kinds of event that nobody reads. */
export function parseEvent(line: string): PlaybookEvent | undefined {
  return event.safeParse(parsedJson(line)).data
}
