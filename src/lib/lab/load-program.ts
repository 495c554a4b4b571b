import {spawn} from 'node:child_process'
import {createInterface} from 'node:readline'
import {text} from 'node:stream/consumers'
import {setTimeout as sleep} from 'node:timers/promises'

import {programFile} from '../package-root.ts'
import {nowMs} from './load-ledger.ts'
import {clientMessage, type ClientCommand, type ClientConfig, type LoadProgress} from './load-protocol.ts'

/** Longer than the client program waits for what is under way. */
const stopSeconds = 10

/** The client program as its parent sees it. It ends when told so, and also when this process does. */
export interface ClientProgram {
  /** True once every client has written a row, false when the program ended or the time was over before. */
  hasStarted(seconds: number): Promise<boolean>
  /** Returns when all that has ended is in the ledger. */
  flush(): Promise<void>
  /** Ends it, if need be by force. @returns when writing ended, in the ledger's time. */
  stop(): Promise<number>
  readonly ended: Promise<void>
  /** What it wrote on stderr; complete once it has ended. */
  readonly complaints: Promise<string>
}

export function startClientProgram(
  networkNamespace: string | undefined,
  config: ClientConfig,
  onProgress: (progress: LoadProgress) => void,
): ClientProgram {
  const node = [process.execPath, '--disable-warning=ExperimentalWarning', programFile('lib/lab/load-client')]
  const enter = networkNamespace === undefined ? [] : ['nsenter', `--net=${networkNamespace}`, '--']
  const [command = '', ...argv] = [...enter, ...node]
  const child = spawn(command, argv, {stdio: ['pipe', 'pipe', 'pipe'], env: {PATH: process.env.PATH}})
  const ended = new Promise<void>((resolve) =>
    child.once('close', () => resolve()).once('error', () => resolve()),
  )
  // A program that has ended takes no more commands; that it ended is told by `ended`.
  child.stdin.on('error', () => undefined)
  child.stdin.write(`${JSON.stringify(config)}\n`)
  const send = (line: ClientCommand) => child.stdin.writable && child.stdin.write(`${line}\n`)

  const started = Promise.withResolvers<boolean>()
  const waitingForFlush: (() => void)[] = []
  let endMs: number | undefined
  createInterface({input: child.stdout}).on('line', (line) => {
    const message = clientMessage.parse(JSON.parse(line))
    switch (message.kind) {
      case 'running':
        started.resolve(true)
        break
      case 'progress':
        onProgress(message)
        break
      case 'flushed':
        waitingForFlush.shift()?.()
        break
      case 'stopped':
        endMs = message.endMs
    }
  })
  void ended.then(() => started.resolve(false))

  return {
    ended,
    complaints: text(child.stderr),
    hasStarted: (seconds) => Promise.race([started.promise, sleep(seconds * 1000, false, {ref: false})]),
    async flush() {
      const flushed = new Promise<void>((resolve) => waitingForFlush.push(resolve))
      send('flush')
      await Promise.race([flushed, ended])
    },
    async stop() {
      const askedMs = nowMs()
      send('stop')
      const tooLate = setTimeout(() => child.kill('SIGKILL'), stopSeconds * 1000)
      await ended
      clearTimeout(tooLate)
      return endMs ?? askedMs
    },
  }
}
