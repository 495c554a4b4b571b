import * as z from 'zod/mini'

/** What a hook is sent, as JSON: on stdin of a command, as the body of a POST to a webhook. */
export interface Notification {
  readonly schemaVersion: 1
  readonly event: string
  /** One sentence for people; chat systems show a field of this name. */
  readonly text: string
  /** When it happened, ISO 8601. */
  readonly at: string
  readonly [more: string]: unknown
}

/** One line to the program that sends. */
export const sendLine = z.object({
  event: z.string(),
  /** The notification, as it is sent. */
  body: z.string(),
  /** Nothing will follow that anybody has to hear of: the end of the lines is no news then. */
  isLast: z.boolean(),
})
export type SendLine = z.infer<typeof sendLine>

/** A hook with its secrets read. */
const sendHook = z.object({
  name: z.string(),
  command: z.nullable(z.array(z.string())),
  webhook: z.nullable(z.object({url: z.string(), token: z.nullable(z.string())})),
  events: z.array(z.string()),
  timeoutSeconds: z.number(),
})
export type SendHook = z.infer<typeof sendHook>

/** The first line to the program that sends. */
export const sendConfig = z.object({
  hooks: z.array(sendHook),
  /** Sent, with the time, when the lines end after one that is not the last. */
  left: sendLine,
})
export type SendConfig = z.infer<typeof sendConfig>

/** One line of the program that sends: what could not be delivered, and why. */
export const undelivered = z.object({hook: z.string(), event: z.string(), why: z.string()})
export type Undelivered = z.infer<typeof undelivered>
