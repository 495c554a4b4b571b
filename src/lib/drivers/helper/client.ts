import type {ClientChannel} from 'ssh2'
import * as z from 'zod/mini'

import {parsedJson} from '../../parsed-json.ts'
import {BootClock} from './clock.ts'
import {HelperLost, HelperRefusal} from './errors.ts'
import {LineReader} from './lines.ts'
import type {CallOptions, Helper} from './types.ts'
import {
  helperHello,
  troubledHello,
  verbResults,
  type HelperHello,
  type Verb,
  type VerbArgs,
  type VerbResult,
} from './verbs.ts'

const firstLine = z.object({hello: z.union([helperHello, troubledHello])})
const answerLine = z.union([
  z.object({id: z.number(), ok: z.literal(true), result: z.unknown()}),
  z.object({
    id: z.nullish(z.number()),
    ok: z.literal(false),
    error: z.object({code: z.string(), message: z.string(), details: z.optional(z.unknown())}),
  }),
])
type Answer = z.infer<typeof answerLine>

interface Pending {
  readonly verb: Verb
  readonly sentAt: number
  readonly answer: (answer: Answer) => void
  readonly lose: (error: HelperLost) => void
}

/** The protocol's side of `pp`: one line a request, one line an answer, matched by number. */
export class HelperClient implements Helper {
  readonly host: string
  readonly #channel: ClientChannel
  readonly #clock = new BootClock()
  readonly #pending = new Map<number, Pending>()
  readonly #gone = new AbortController()
  readonly #hello = Promise.withResolvers<HelperHello>()
  #known: HelperHello | undefined
  #lastId = 0
  #askedAt = 0
  /** What it wrote on stderr, shortened; for the message when it does not start. */
  complaint = ''

  constructor(host: string, channel: ClientChannel) {
    this.host = host
    this.#channel = channel
    this.#hello.promise.catch(() => undefined)
    const lines = new LineReader((line) => {
      this.#receive(line)
    })
    channel.on('data', (chunk: Buffer) => {
      if (!lines.push(chunk)) this.#end(this.#garbled('a line longer than 16 MiB'))
    })
    channel.stderr.on('data', (chunk: Buffer) => {
      this.complaint = (this.complaint + chunk.toString()).trim().slice(-2000)
    })
    channel.on('error', () => undefined)
    channel.on('close', () => {
      this.#end(new HelperLost(host, 'HELPER_GONE', `The host helper on ${host} is gone.`, true))
    })
  }

  async greeted(askedAt: number, timeoutSeconds: number): Promise<this> {
    this.#askedAt = askedAt / 1000
    const timer = setTimeout(() => {
      const message = `The host helper on ${this.host} did not start within ${timeoutSeconds} s.`
      this.#end(new HelperLost(this.host, 'HELPER_TIMED_OUT', message, false))
    }, timeoutSeconds * 1000)
    try {
      this.#known = await this.#hello.promise
      return this
    } finally {
      clearTimeout(timer)
    }
  }

  get hello(): HelperHello {
    if (!this.#known) throw new Error('the helper has not said hello yet')
    return this.#known
  }

  get gone(): AbortSignal {
    return this.#gone.signal
  }

  get clockUncertaintySeconds(): number {
    return this.#clock.uncertaintySeconds
  }

  notAfter(seconds: number): number {
    return this.#clock.seconds + seconds
  }

  async call<V extends Verb>(
    verb: V,
    args: VerbArgs[V],
    {timeoutSeconds = 10}: CallOptions = {},
  ): Promise<VerbResult[V]> {
    const answer = await this.#ask(verb, args, timeoutSeconds)
    if (!answer.ok)
      throw new HelperRefusal(this.host, verb, answer.error.code, answer.error.message, answer.error.details)
    const parsed = verbResults[verb].safeParse(answer.result)
    if (!parsed.success) {
      const message = `The answer of ${this.host} to "${verb}" is not understood: ${z.prettifyError(parsed.error)}`
      throw new HelperLost(this.host, 'HELPER_GARBLED', message, true)
    }
    return parsed.data as VerbResult[V]
  }

  close(): void {
    this.#channel.end()
    this.#end(new HelperLost(this.host, 'HELPER_GONE', `The host helper on ${this.host} was closed.`, true))
  }

  #ask(verb: Verb, args: unknown, timeoutSeconds: number): Promise<Answer> {
    if (this.gone.aborted) throw this.#unsent(verb)
    const id = ++this.#lastId
    const {promise, resolve, reject} = Promise.withResolvers<Answer>()
    // The channel stays open: the answer may still come and is dropped then; requests behind it are still served.
    const timer = setTimeout(() => {
      this.#pending.delete(id)
      const message = `${this.host} has not answered "${verb}" within ${timeoutSeconds} s; it may have been done.`
      reject(new HelperLost(this.host, 'HELPER_TIMED_OUT', message, true))
    }, timeoutSeconds * 1000)
    this.#pending.set(id, {
      verb,
      sentAt: performance.now() / 1000,
      answer: (answer) => {
        clearTimeout(timer)
        resolve(answer)
      },
      lose: (error) => {
        clearTimeout(timer)
        reject(error)
      },
    })
    // One write, so one packet.
    this.#channel.write(`${JSON.stringify({id, verb, args})}\n`)
    return promise
  }

  #unsent(verb: Verb): HelperLost {
    const message = `"${verb}" was not sent to ${this.host}: its host helper is gone.`
    return new HelperLost(this.host, 'HELPER_GONE', message, false, this.gone.reason)
  }

  #receive(line: string): void {
    if (this.#known === undefined && this.#lastId === 0) {
      this.#greet(line)
      return
    }
    const answer = answerLine.safeParse(parsedJson(line))
    if (!answer.success) {
      this.#end(this.#garbled(line))
      return
    }
    this.#match(answer.data)
  }

  #greet(line: string): void {
    const parsed = firstLine.safeParse(parsedJson(line))
    if (!parsed.success) {
      this.#end(this.#garbled(line))
      return
    }
    const {hello} = parsed.data
    if ('error' in hello) {
      this.#hello.reject(
        new HelperRefusal(this.host, 'hello', hello.error.code, hello.error.message, undefined),
      )
      return
    }
    this.#clock.learn(hello.bootSeconds, this.#askedAt)
    this.#hello.resolve(hello)
  }

  #match(answer: Answer): void {
    // Without a number it is about a line that the helper could not read: which request that was is not known.
    if (typeof answer.id !== 'number') {
      this.#end(this.#garbled(JSON.stringify(answer)))
      return
    }
    const pending = this.#pending.get(answer.id)
    if (!pending) return
    this.#pending.delete(answer.id)
    if (answer.ok) this.#learnClock(answer.result, pending.sentAt)
    pending.answer(answer)
  }

  #learnClock(result: unknown, sentAt: number): void {
    const clocked = z.object({bootSeconds: z.number()}).safeParse(result)
    if (clocked.success) this.#clock.learn(clocked.data.bootSeconds, sentAt)
  }

  #garbled(what: string): HelperLost {
    const message = `The host helper on ${this.host} wrote what is no answer: ${JSON.stringify(what.slice(0, 200))}`
    return new HelperLost(this.host, 'HELPER_GARBLED', message, true)
  }

  #end(error: HelperLost): void {
    if (this.gone.aborted) return
    this.#gone.abort(error)
    this.#hello.reject(error)
    for (const pending of this.#pending.values()) pending.lose(error)
    this.#pending.clear()
    if (error.code !== 'HELPER_GONE') this.#channel.close()
  }
}
