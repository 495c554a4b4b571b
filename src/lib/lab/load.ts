import {randomBytes} from 'node:crypto'
import {mkdir, rm} from 'node:fs/promises'
import path from 'node:path'

import type {Endpoint, Login} from '../drivers/application/session.ts'
import {unavailableError, type PpError} from '../errors.ts'
import {figuresOf, type LoadFigures, type Stretch} from './load-figures.ts'
import {nowMs} from './load-ledger.ts'
import {LedgerFile} from './load-ledger-file.ts'
import {startClientProgram} from './load-program.ts'
import type {ClientConfig, LoadProgress} from './load-protocol.ts'
import {readTable, type Member} from './load-table.ts'
import {judge, type LoadVerdict} from './load-verdict.ts'

/** Where a load runs: a lab's client host, or any machine when there is no namespace to enter. */
export interface LoadPlace {
  /** Network namespace of the client host, as `nsenter --net` takes it; undefined to stay on this machine. */
  readonly networkNamespace: string | undefined
  /** Addresses, not names: the lab's names mean nothing to a process of this machine. */
  readonly poolers: readonly Endpoint[]
  /** As the client host and this machine both reach them. */
  readonly members: readonly Member[]
  readonly login: Login
  /** Where the ledger goes. */
  readonly folder: string
}

export interface LoadSettings {
  readonly clients: number
  readonly through: 'pooler' | 'direct'
  /** Pause of each client between two inserts. */
  readonly paceMs: number
  /** Short-lived clients a second, each with a connection and one insert. */
  readonly newClientsPerSecond: number
  /** Until a statement without an answer is given up. A paused pooler holds statements longer than this only by accident. */
  readonly answerSeconds: number
  /** How long all clients together may take to write their first row. */
  readonly firstRowsSeconds: number
  /** How long a writable member is looked for at the end. */
  readonly verdictSeconds: number
  /** Called about once a second. */
  readonly onProgress?: (progress: LoadProgress) => void
}

export const ordinaryLoad: LoadSettings = {
  clients: 8,
  through: 'pooler',
  paceMs: 5,
  newClientsPerSecond: 0,
  answerSeconds: 30,
  firstRowsSeconds: 30,
  verdictSeconds: 30,
}

export interface RunningLoad {
  readonly run: string
  /** This moment, in the ledger's time. */
  mark(): number
  /** What clients have seen within a stretch of time that is over. */
  figures(stretch: Stretch): Promise<LoadFigures>
  /** When the first statement after a moment was acknowledged; undefined: none was yet. */
  firstWriteAfter(fromMs: number): Promise<number | undefined>
  /** Ends the load, reads the table and compares. The second call gives the first one's answer. */
  stop(): Promise<LoadVerdict>
  /** Settles when the client program has ended, by itself too. */
  readonly ended: Promise<void>
}

/**
 * Starts clients that write numbered rows, in a process of their own, and returns once each of them has written.
 *
 * @throws PpError LOAD_CANNOT_WRITE when they have not in time; nothing is left running then.
 */
export async function startLoad(place: LoadPlace, settings: LoadSettings): Promise<RunningLoad> {
  const run = randomBytes(4).toString('hex')
  await mkdir(place.folder, {recursive: true, mode: 0o700})
  const ledger = new LedgerFile(path.join(place.folder, `${run}.ledger`))
  const config = configOf(place, settings, run, ledger.path)
  const program = startClientProgram(place.networkNamespace, config, settings.onProgress ?? (() => undefined))
  if (!(await program.hasStarted(settings.firstRowsSeconds))) {
    const endMs = await program.stop()
    const figures = figuresOf(await ledger.read(), {fromMs: 0, toMs: endMs})
    await rm(ledger.path, {force: true})
    throw cannotWrite(settings, figures, await program.complaints)
  }

  let verdict: Promise<LoadVerdict> | undefined
  const conclude = async (): Promise<LoadVerdict> => {
    const endMs = await program.stop()
    const table = await readTable(place.members, place.login, run, settings.verdictSeconds)
    const found = judge(await ledger.read(), table, endMs)
    if (found.outcome === 'human' || found.outcome === 'inconclusive') return {...found, ledger: ledger.path}
    await rm(ledger.path)
    return found
  }
  return {
    run,
    mark: nowMs,
    async figures(stretch) {
      await program.flush()
      return figuresOf(await ledger.read(), stretch)
    },
    async firstWriteAfter(fromMs) {
      await program.flush()
      const acknowledged = (await ledger.read()).filter(
        ({fate, endedMs}) => fate === 'acknowledged' && endedMs > fromMs,
      )
      return acknowledged.length > 0 ? Math.min(...acknowledged.map(({endedMs}) => endedMs)) : undefined
    },
    stop: () => (verdict ??= conclude()),
    ended: program.ended,
  }
}

function configOf(place: LoadPlace, settings: LoadSettings, run: string, ledger: string): ClientConfig {
  const isDirect = settings.through === 'direct'
  const endpoints = isDirect ? place.members : place.poolers
  return {
    run,
    ledger,
    endpoints: endpoints.map(({host, port}) => ({host, port})),
    choose: isDirect ? 'writable' : 'spread',
    login: place.login,
    clients: settings.clients,
    paceMs: settings.paceMs,
    newClientsPerSecond: settings.newClientsPerSecond,
    patience: {connectMs: 2000, answerMs: settings.answerSeconds * 1000},
  }
}

function cannotWrite(
  {through, firstRowsSeconds}: LoadSettings,
  figures: LoadFigures,
  complaints: string,
): PpError {
  const seen = `${figures.acknowledged} acknowledged, ${figures.failed} failed, ${figures.unknown} without an answer`
  return unavailableError('LOAD_CANNOT_WRITE', {
    message:
      `Not every client could write (${through}) within ${firstRowsSeconds} s: ${seen}. ${complaints}`.trim(),
    hint: 'Look at the lab first: pp status',
  })
}
