import {setTimeout as sleep} from 'node:timers/promises'

import type {FastifyBaseLogger} from 'fastify'

import {compact} from './compaction.ts'
import type {Outage} from './outage.ts'
import type {PresenceStore} from './presence-store.ts'
import {readOthers} from './reader.ts'
import type {Room} from './room.ts'
import type {CollabSettings} from './settings.ts'
import type {Store} from './store.ts'

const cleaningMs = 30_000

export interface ExchangeOptions {
  readonly rooms: ReadonlyMap<string, Room>
  readonly store: Store
  readonly presenceStore: PresenceStore
  readonly outage: Outage
  readonly log: FastifyBaseLogger
  readonly settings: CollabSettings
}

/**
 * Shares designs with other instances by way of the database, often while one is open elsewhere too, else now and then; and
 * keeps the tables small. Ends when it is told to.
 */
export async function exchange(options: ExchangeOptions, signal: AbortSignal): Promise<void> {
  const {rooms, outage, log, settings} = options
  let cleanAtMs = 0
  while (!signal.aborted) {
    let pauseMs = settings.POLL_MAX_MS
    try {
      const isNews = rooms.size > 0 && (await shareAll(options))
      const isShared = [...rooms.values()].some(({presence}) => presence.isShared)
      if (isNews || isShared) pauseMs = settings.POLL_MIN_MS
      if (performance.now() > cleanAtMs) {
        await options.presenceStore.clean()
        cleanAtMs = performance.now() + cleaningMs
      }
      // While edits wait it is for who writes them to say.
      if ([...rooms.values()].every(({isSaved}) => isSaved)) outage.end()
    } catch (error) {
      log.warn({err: error}, 'other instances were not heard')
      outage.begin(error)
    }
    await sleep(pauseMs, undefined, {signal}).catch(() => undefined)
  }
}

async function shareAll({rooms, store, presenceStore, settings}: ExchangeOptions): Promise<boolean> {
  const isNews = await readOthers(rooms, store)
  await writePresence(rooms, presenceStore)
  await readPresence(rooms, presenceStore)
  const large = [...rooms.values()].find((room) => room.rows >= settings.COMPACT_ROWS)
  if (large) await compact(large, store)
  return isNews
}

async function writePresence(rooms: ReadonlyMap<string, Room>, store: PresenceStore): Promise<void> {
  const now = performance.now()
  const due = [...rooms.values()].flatMap(({presence}) => {
    const row = presence.due(now)
    return row ? [{presence, row}] : []
  })
  if (due.length === 0) return
  await store.write(due.map(({row}) => row))
  for (const {presence, row} of due) presence.written(row, now)
  // Closed meanwhile, and deleted before it was written.
  const closed = due.map(({row}) => row.design).filter((design) => !rooms.has(design))
  if (closed.length > 0) await store.leave(closed)
}

async function readPresence(rooms: ReadonlyMap<string, Room>, store: PresenceStore): Promise<void> {
  const asked = [...rooms.values()]
  const known = asked.flatMap(({presence}) => presence.known)
  const rows = Map.groupBy(
    await store.others(
      asked.map(({design}) => design),
      known,
    ),
    ({design}) => design,
  )
  for (const {design, presence} of asked) presence.read(rows.get(design) ?? [])
}
