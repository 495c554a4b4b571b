import {setTimeout as sleep} from 'node:timers/promises'

import {codeOf, fateOfSent} from '../drivers/application/fate.ts'
import {openApplication, type ApplicationSession, type Endpoint} from '../drivers/application/session.ts'
import {newClientsWriter} from './load-figures.ts'
import {nowMs, type LedgerEntry} from './load-ledger.ts'
import type {ClientConfig} from './load-protocol.ts'

const firstBackOffMs = 5
const longestBackOffMs = 50

/** Where the clients of one load write down what happened to them. */
export interface WriterContext {
  readonly config: ClientConfig
  /** No new rows. */
  readonly stop: AbortSignal
  /** Nobody waits any longer for what is under way. */
  readonly giveUp: AbortSignal
  readonly record: (entry: LedgerEntry) => void
}

/** One client: numbered rows one after the other, until told to stop; connects again whenever it has to. */
export async function writeRows(context: WriterContext, client: number): Promise<void> {
  const {config, stop} = context
  const writer = `${config.run}-${client}`
  const connect = connector(context, client)
  let session: ApplicationSession | undefined
  let backOffMs = firstBackOffMs
  for (let n = 1; !stop.aborted; n += 1) {
    const attempt = await writeOne(
      context,
      {writer, n},
      session?.isLost === false ? session : undefined,
      connect,
    )
    session = attempt.session
    backOffMs = attempt.isAcknowledged ? firstBackOffMs : Math.min(backOffMs * 2, longestBackOffMs)
    await pause(attempt.isAcknowledged ? config.paceMs : backOffMs, stop)
  }
  session?.destroy()
}

/** Short-lived clients, each with a connection and a row of its own, at an even pace. */
export async function writeFromNewClients(context: WriterContext): Promise<void> {
  const {config, stop} = context
  if (config.newClientsPerSecond === 0) return
  const writer = newClientsWriter(config.run)
  const running = new Set<Promise<void>>()
  const startedMs = nowMs()
  for (let n = 1; !stop.aborted; n += 1) {
    const one = writeOne(context, {writer, n}, undefined, connector(context, n)).then(({session}) =>
      session?.destroy(),
    )
    running.add(one)
    void one.finally(() => running.delete(one))
    await pause(startedMs + (n * 1000) / config.newClientsPerSecond - nowMs(), stop)
  }
  await Promise.all(running)
}

type Connect = () => Promise<ApplicationSession>

async function writeOne(
  {record, stop, giveUp}: WriterContext,
  row: {readonly writer: string; readonly n: number},
  open: ApplicationSession | undefined,
  connect: Connect,
): Promise<{readonly session: ApplicationSession | undefined; readonly isAcknowledged: boolean}> {
  const startedMs = nowMs()
  let session = open
  try {
    session ??= await connect()
  } catch (error) {
    if (!giveUp.aborted) record({...row, fate: 'failed', startedMs, endedMs: nowMs(), code: codeOf(error)})
    return {session: undefined, isAcknowledged: false}
  }
  // A connection that came about after the end was asked for is not used: its row would never be waited for.
  if (stop.aborted) return {session, isAcknowledged: false}
  try {
    await session.insert(row.writer, row.n)
    record({...row, fate: 'acknowledged', startedMs, endedMs: nowMs()})
    return {session, isAcknowledged: true}
  } catch (error) {
    const fate = fateOfSent(error)
    record({...row, fate, startedMs, endedMs: nowMs(), code: codeOf(error)})
    // After an error of the statement the connection is as good as before; after anything else it is not.
    if (fate === 'failed' && !session.isLost) return {session, isAcknowledged: false}
    session.destroy()
    return {session: undefined, isAcknowledged: false}
  }
}

/** Clients begin at different endpoints, and each goes to the next one when the last did not let it in. */
function connector({config, giveUp}: WriterContext, client: number): Connect {
  const {endpoints, choose, login, patience} = config
  let next = choose === 'spread' ? client % endpoints.length : 0
  const at = (index: number): Endpoint => {
    const endpoint = endpoints[index % endpoints.length]
    if (endpoint === undefined) throw new Error('A load needs at least one endpoint')
    return endpoint
  }
  const spread: Connect = async () => {
    try {
      return await openApplication(at(next), login, patience, giveUp)
    } catch (error) {
      next += 1
      throw error
    }
  }
  const writable: Connect = async () => {
    let failure: unknown = Object.assign(new Error('No member accepts writes'), {code: 'NO_WRITABLE_MEMBER'})
    for (const [index] of endpoints.entries()) {
      try {
        const session = await openApplication(at(index), login, patience, giveUp)
        if (await acceptsWrites(session)) return session
      } catch (error) {
        failure = error
      }
    }
    throw failure
  }
  return choose === 'spread' ? spread : writable
}

async function acceptsWrites(session: ApplicationSession): Promise<boolean> {
  const isReadOnly = await session.isReadOnly().catch(() => true)
  if (isReadOnly) session.destroy()
  return !isReadOnly
}

async function pause(ms: number, stop: AbortSignal): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, {signal: stop}).catch(() => undefined)
}
