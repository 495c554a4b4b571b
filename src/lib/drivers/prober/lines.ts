import * as z from 'zod/mini'

import {unavailableError} from '../../errors.ts'
import {parsedJson} from '../../parsed-json.ts'
import type {Look, Marker} from './types.ts'

const clocks = {monotonic: z.number(), boottime: z.number(), wall: z.string()}
const firstLine = z.object({schemaVersion: z.literal(1), run: z.string(), bootId: z.string(), ...clocks})
const lastLine = z.object({ended: z.string(), ...clocks})

const times = {startedAt: z.number(), endedAt: z.number()}
export const markerLine: z.ZodMiniType<Marker> = z.object({
  n: z.int(),
  fate: z.enum(['acknowledged', 'failed', 'unknown']),
  ...times,
  at: z.string(),
  code: z.nullable(z.string()),
  pooler: z.optional(z.string()),
})
export const lookLine: z.ZodMiniType<Look> = z.object({
  probe: z.string(),
  ...times,
  state: z.enum(['good', 'bad']),
  said: z.nullable(z.string()),
})

/** Reads one of the prober's files piece by piece; a line without its end waits for the next piece. */
export class ProberLines<T> {
  readonly entries: T[] = []
  /** Undefined until the first line is whole. */
  first: z.infer<typeof firstLine> | undefined
  /** Why it ended; undefined while it runs, and for ever where it was killed. */
  ended: string | undefined
  readonly #file: string
  readonly #entry: z.ZodMiniType<T>
  #rest = ''

  constructor(file: string, entry: z.ZodMiniType<T>) {
    this.#file = file
    this.#entry = entry
  }

  /** @throws PpError PROBER_GARBLED. */
  push(piece: string): void {
    const lines = (this.#rest + piece).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.#take(line)
  }

  #take(line: string): void {
    const content = parsedJson(line)
    if (this.first === undefined) {
      this.first = this.#parsed(firstLine, content, line)
      return
    }
    const last = lastLine.safeParse(content)
    if (last.success) this.ended = last.data.ended
    else this.entries.push(this.#parsed(this.#entry, content, line))
  }

  #parsed<P>(schema: z.ZodMiniType<P>, content: unknown, line: string): P {
    const parsed = schema.safeParse(content)
    if (parsed.success) return parsed.data
    throw unavailableError('PROBER_GARBLED', {
      message: `The prober's file ${this.#file} holds what is none of its lines: ${JSON.stringify(line.slice(0, 200))}`,
      hint: 'pp explain PROBER_GARBLED',
      cause: parsed.error,
    })
  }
}
