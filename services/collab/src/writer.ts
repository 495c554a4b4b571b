import {setTimeout as sleep} from 'node:timers/promises'

import {inSpan} from '@pixelpulse/common'
import type {FastifyBaseLogger} from 'fastify'

import type {Outage} from './outage.ts'
import type {Batch, Room} from './room.ts'
import type {Store} from './store.ts'

/** In one transaction; the rest goes with the next. */
const roomsAtOnce = 100
const bytesAtOnce = 4_194_304

/** A write that takes longer than this is none, for those who wait to be told. */
const lateMs = 1500
const pauseMs = {first: 100, most: 2000}

export interface WriterOptions {
  readonly store: Store
  readonly outage: Outage
  readonly log: FastifyBaseLogger
  readonly delayMs: number
  /** What has been committed: seconds since its first edit came. */
  readonly onCommit: (lagSeconds: number) => void
}

export interface Writer {
  /** Has the room's edits written soon. */
  add(room: Room): void
  /** No attempt is begun after this time (performance.now()). */
  stopAt(deadlineMs: number): void
}

/** Writes edits as they come, those of `delayMs` in one transaction; again and again until the database has taken them. */
export function createWriter({store, outage, log, delayMs, onCommit}: WriterOptions): Writer {
  const edited = new Set<Room>()
  let isRunning = false
  let deadlineMs = Infinity

  async function writeAll(): Promise<void> {
    while (edited.size > 0 && performance.now() < deadlineMs) {
      await sleep(delayMs)
      const batches = takeSome(edited)
      const entries = [...batches].map(([{design}, {update}]) => ({design, update}))
      const positions = await insist(() => inSpan('collab.write', () => store.append(entries)))
      const now = performance.now()
      for (const [room, batch] of batches) {
        onCommit((now - (room.unsavedSinceMs ?? now)) / 1000)
        const position = positions.find(({design}) => design === room.design)
        room.commit(batch, position?.seq ?? 0)
      }
      outage.end()
    }
  }

  async function insist<T>(attempt: () => Promise<T>): Promise<T> {
    for (let pause = pauseMs.first; ; pause = Math.min(pause * 2, pauseMs.most)) {
      const late = setTimeout(() => outage.begin(new Error('it does not answer')), lateMs)
      try {
        return await attempt()
      } catch (error) {
        outage.begin(error)
        log.debug({err: error}, 'edits were not written')
        if (performance.now() + pause > deadlineMs) throw error
      } finally {
        clearTimeout(late)
      }
      await sleep(pause * (0.5 + Math.random()))
    }
  }

  async function run(): Promise<void> {
    isRunning = true
    try {
      await writeAll()
    } catch (error) {
      log.error({err: error}, 'edits were given up')
    } finally {
      // At once: who adds a room from now on begins anew.
      isRunning = false
    }
  }

  return {
    add(room) {
      edited.add(room)
      if (!isRunning) void run()
    },
    stopAt: (ms) => (deadlineMs = ms),
  }
}

/** Those who wait longest; who edits on is at the end again. */
function takeSome(edited: Set<Room>): Map<Room, Batch> {
  const batches = new Map<Room, Batch>()
  let bytes = 0
  for (const room of edited) {
    if (batches.size === roomsAtOnce || bytes > bytesAtOnce) break
    edited.delete(room)
    const batch = room.take()
    batches.set(room, batch)
    bytes += batch.update.length
  }
  return batches
}
