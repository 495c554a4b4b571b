/**
 * The program that writes: started by `startLoad`, as a process of its own in the network namespace of a lab's client
 * host. Reads its configuration and commands on stdin, writes its ledger to a file and what it sees to stdout.
 */
import {setMaxListeners} from 'node:events'
import {open} from 'node:fs/promises'
import {createInterface} from 'node:readline'

import {isShortLived} from './load-figures.ts'
import {nowMs, type LedgerEntry} from './load-ledger.ts'
import {clientConfig, type ClientConfig, type ClientMessage} from './load-protocol.ts'
import {Recorder} from './load-recorder.ts'
import {writeFromNewClients, writeRows} from './load-writer.ts'

/** How long statements that are under way may still be answered once the end was asked for. */
const drainMs = 2000

const say = (message: ClientMessage): void => {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}

async function run(config: ClientConfig, commands: AsyncIterator<string, undefined>): Promise<void> {
  const recorder = new Recorder(await open(config.ledger, 'a', 0o600))
  const stop = new AbortController()
  const giveUp = new AbortController()
  setMaxListeners(0, stop.signal, giveUp.signal)
  const record = announcingFirstRows(config, (entry) => recorder.add(entry))
  const context = {config, stop: stop.signal, giveUp: giveUp.signal, record}
  const everySecond = setInterval(() => say(recorder.progress), 1000)
  const writers = Promise.all([
    ...Array.from({length: config.clients}, (_, client) => writeRows(context, client + 1)),
    writeFromNewClients(context),
  ])

  for (;;) {
    const command = await commands.next()
    if (command.done === true || command.value === 'stop') break
    await recorder.flush()
    say({kind: 'flushed'})
  }
  const endMs = nowMs()
  clearInterval(everySecond)
  stop.abort()
  const draining = setTimeout(() => giveUp.abort(), drainMs)
  await writers
  clearTimeout(draining)
  await recorder.close()
  say({kind: 'stopped', endMs})
}

/** Says once that every long-lived client has written. */
function announcingFirstRows(
  {clients}: ClientConfig,
  record: (entry: LedgerEntry) => void,
): (entry: LedgerEntry) => void {
  const written = new Set<string>()
  return (entry) => {
    record(entry)
    if (written.size === clients || entry.fate !== 'acknowledged' || isShortLived(entry)) return
    written.add(entry.writer)
    if (written.size === clients) say({kind: 'running'})
  }
}

// Ctrl-C at a terminal reaches the whole process group; the end of this program is up to the one who started it.
process.on('SIGINT', () => undefined)
const lines = createInterface({input: process.stdin})[Symbol.asyncIterator]()
const first = await lines.next()
if (first.done !== true) await run(clientConfig.parse(JSON.parse(first.value)), lines)
process.stdin.destroy()
