/**
 * The program that tells hooks of an operation: a process of its own, so that pp starts nothing and connects to nothing
 * while writes wait, and so that somebody is told when pp is gone in the middle. Reads its configuration and then one
 * notification a line on stdin; writes what it could not deliver to stdout.
 */
import {createInterface} from 'node:readline'

import {deliver} from './deliver.ts'
import {
  sendConfig,
  sendLine,
  type SendConfig,
  type SendHook,
  type SendLine,
  type Undelivered,
} from './types.ts'

async function run(config: SendConfig, lines: AsyncIterator<string, undefined>): Promise<void> {
  const queues = config.hooks.map((hook) => new Queue(hook))
  const tell = (line: SendLine): void => queues.forEach((queue) => queue.add(line))
  let isOpen = false
  for (let line = await lines.next(); line.done !== true; line = await lines.next()) {
    const told = sendLine.parse(JSON.parse(line.value))
    tell(told)
    isOpen = !told.isLast
  }
  if (isOpen) tell({...config.left, body: withTime(config.left.body)})
  await Promise.all(queues.map((queue) => queue.emptied()))
}

const withTime = (body: string): string =>
  JSON.stringify({...(JSON.parse(body) as object), at: new Date().toISOString()})

/** One after the other, so that they arrive in order; each with a deadline of its own from when it happened. */
class Queue {
  readonly #hook: SendHook
  #last: Promise<void> = Promise.resolve()

  constructor(hook: SendHook) {
    this.#hook = hook
  }

  add({event, body}: SendLine): void {
    if (!this.#hook.events.includes(event)) return
    const deadline = performance.now() + this.#hook.timeoutSeconds * 1000
    this.#last = this.#last.then(async () => {
      const why = await deliver(this.#hook, body, deadline - performance.now())
      if (why !== undefined) complain({hook: this.#hook.name, event, why})
    })
  }

  emptied(): Promise<void> {
    return this.#last
  }
}

function complain(what: Undelivered): void {
  process.stdout.write(`${JSON.stringify(what)}\n`)
}

// A signal to pp, such as Ctrl-C, is not one to this program: it ends when all is said.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
// Nobody listens any more once pp is gone.
process.stdout.on('error', () => undefined)
const input = createInterface({input: process.stdin})[Symbol.asyncIterator]()
const first = await input.next()
if (first.done !== true) await run(sendConfig.parse(JSON.parse(first.value)), input)
