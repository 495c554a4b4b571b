import {spawn} from 'node:child_process'
import {createInterface} from 'node:readline'
import {setTimeout as sleep} from 'node:timers/promises'

import type {NotifyHook} from '../../fleet/types.ts'
import {programFile} from '../../package-root.ts'
import {redact} from '../../redact.ts'
import {
  undelivered,
  type Notification,
  type SendConfig,
  type SendHook,
  type SendLine,
  type Undelivered,
} from './types.ts'

export interface Notifier {
  /** Returns at once; what cannot be delivered is told by `close`. */
  tell(notification: Notification): void
  /** Nothing more will be told. @returns what could not be delivered, when all is or when the time of the last is over. */
  close(): Promise<readonly Undelivered[]>
}

/**
 * Starts the program that tells the hooks; it outlives this process until all is said.
 *
 * @param left what is sent when this process ends without having told `end`.
 */
export async function startNotifier(hooks: readonly NotifyHook[], left: Notification): Promise<Notifier> {
  const failures: Undelivered[] = []
  const ready = await Promise.all(
    hooks.map((hook) =>
      withSecrets(hook).catch((error: unknown) => {
        failures.push({
          hook: hook.name,
          event: 'all',
          why: error instanceof Error ? error.message : String(error),
        })
      }),
    ),
  )
  const config: SendConfig = {hooks: ready.filter((hook) => hook !== undefined), left: lineOf(left)}
  const node = ['--disable-warning=ExperimentalWarning', programFile('lib/drivers/notify/sender')]
  // Detached: Ctrl-C at the terminal, or the end of the session, is for pp alone.
  const child = spawn(process.execPath, node, {detached: true, stdio: ['pipe', 'pipe', 'ignore']})
  const ended = new Promise<void>((resolve) => {
    const failed = (why: string) => failures.push({hook: 'all', event: 'all', why})
    child.once('error', ({message}) => resolve(void failed(message)))
    child.once('close', (status) =>
      resolve(status === 0 ? undefined : void failed(`its program ended with ${status}`)),
    )
  })
  child.stdin.on('error', () => undefined)
  createInterface({input: child.stdout}).on('line', (line) =>
    failures.push(undelivered.parse(JSON.parse(line))),
  )
  child.stdin.write(`${JSON.stringify(config)}\n`)
  return {
    tell: (notification) => void child.stdin.write(`${JSON.stringify(lineOf(notification))}\n`),
    async close() {
      child.stdin.end()
      const longest = Math.max(...hooks.map(({timeoutSeconds}) => timeoutSeconds))
      await Promise.race([ended, sleep((longest + 1) * 1000, undefined, {ref: false})])
      return failures
    },
  }
}

async function withSecrets({webhook, token, command, ...hook}: NotifyHook): Promise<SendHook> {
  return {
    ...hook,
    events: [...hook.events],
    command: command === undefined ? null : [...command],
    webhook: webhook === undefined ? null : {url: await webhook.read(), token: (await token?.read()) ?? null},
  }
}

const lineOf = (notification: Notification): SendLine => ({
  event: notification.event,
  body: redact(JSON.stringify(notification)),
})
