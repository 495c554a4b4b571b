import {spawn} from 'node:child_process'
import {createInterface} from 'node:readline'
import {setTimeout as sleep} from 'node:timers/promises'

import {messageOf} from '../../errors.ts'
import type {NotifyHook} from '../../fleet/types.ts'
import {programFile} from '../../package-root.ts'
import {parsedJson} from '../../parsed-json.ts'
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
  /** This process goes on with nothing that somebody has to hear of: `left` is not sent. */
  done(): void
  /** Nothing more will be told. @returns what could not be delivered, when all is or when the time of the last is over. */
  close(): Promise<readonly Undelivered[]>
}

/** A file that does not come, as on a mount that hangs, keeps nobody waiting. */
const secretSeconds = 2

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
        failures.push({hook: hook.name, event: 'all', why: messageOf(error)})
      }),
    ),
  )
  const config: SendConfig = {hooks: ready.filter((hook) => hook !== undefined), left: lineOf(left)}
  const node = ['--disable-warning=ExperimentalWarning', programFile('lib/drivers/notify/sender')]
  // Detached: Ctrl-C at the terminal, or the end of the session, is for pp alone. Without NODE_OPTIONS: nothing that
  // somebody has node load beside it shall speak where the program does.
  const child = spawn(process.execPath, node, {
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
    env: {...process.env, NODE_OPTIONS: ''},
  })
  const failed = (why: string): void => void failures.push({hook: 'all', event: 'all', why})
  const ended = new Promise<'ended'>((resolve) => {
    child.once('error', ({message}) => {
      failed(message)
      resolve('ended')
    })
    child.once('close', (status) => {
      if (status !== 0) failed(`its program ended with ${status}`)
      resolve('ended')
    })
  })
  child.stdin.on('error', () => undefined)
  createInterface({input: child.stdout}).on('line', (line) => {
    const parsed = undelivered.safeParse(parsedJson(line))
    if (parsed.success) failures.push(parsed.data)
    else failed('its program is not understood')
  })
  child.stdin.write(`${JSON.stringify(config)}\n`)
  const say = (line: SendLine): void => void child.stdin.write(`${JSON.stringify(line)}\n`)
  return {
    tell: (notification) => say(lineOf(notification)),
    done: () => say({event: 'done', body: '', isLast: true}),
    async close() {
      child.stdin.end()
      const longest = Math.max(...hooks.map(({timeoutSeconds}) => timeoutSeconds))
      const isOver = await Promise.race([ended, sleep((longest + 1) * 1000, 'late', {ref: false})])
      if (isOver === 'late') failed('it is still being told')
      return failures
    },
  }
}

async function withSecrets({webhook, token, command, ...hook}: NotifyHook): Promise<SendHook> {
  const address = webhook && {
    url: addressOf(await inTime(webhook.read())),
    token: token ? await inTime(token.read()) : null,
  }
  return {
    ...hook,
    events: [...hook.events],
    command: command === undefined ? null : [...command],
    webhook: address ?? null,
  }
}

/** @throws Error that does not hold the address. */
function addressOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^https?:$/.test(url.protocol)) throw new Error('its webhook is no http or https address')
  if (url.username !== '' || url.password !== '') throw new Error('its webhook holds a password: use token')
  return text
}

const inTime = <T>(read: Promise<T>): Promise<T> =>
  Promise.race([
    read,
    sleep(secretSeconds * 1000, undefined, {ref: false}).then((): never => {
      throw new Error(`its secret could not be read within ${secretSeconds} s`)
    }),
  ])

const lineOf = (notification: Notification): SendLine => ({
  event: notification.event,
  body: redact(JSON.stringify(notification)),
  isLast: notification.event === 'end',
})
