import {randomUUID} from 'node:crypto'
import {setTimeout as sleep} from 'node:timers/promises'

import {Hocuspocus} from '@hocuspocus/server'
import {createApp, createDatabase, tokenVerifier, type App} from '@pixelpulse/common'

import {createAccess} from './access.ts'
import {exchange} from './exchange.ts'
import {hooksOf, type Context} from './hooks.ts'
import {createMeasures} from './measures.ts'
import {unsaved} from './messages.ts'
import {createOutage} from './outage.ts'
import {createPresenceStore} from './presence-store.ts'
import type {Room} from './room.ts'
import type {CollabSettings} from './settings.ts'
import {acceptSockets} from './sockets.ts'
import {createStore} from './store.ts'
import {createUsers} from './users.ts'
import {createWriter} from './writer.ts'

/** Of the grace period, for what comes after the last edit has been written. */
const endingMs = 2000

/** Several people in one design at once, over WebSocket. */
export async function buildCollab(settings: CollabSettings): Promise<App> {
  const database = createDatabase(settings, {
    name: 'collab',
    onError: (error) => app.log.warn({err: error}, 'a connection to the database broke'),
  })
  const {verify, keysKnown} = tokenVerifier(settings)
  const app = await createApp({
    name: 'collab',
    logLevel: settings.LOG_LEVEL,
    checks: {database: () => database.ping(), keys: keysKnown},
  })
  const {log} = app
  const instance = randomUUID()
  const store = createStore(database, instance)
  const presenceStore = createPresenceStore(database, instance)
  const rooms = new Map<string, Room>()
  const outage = createOutage(log, {
    onBegin: () => rooms.forEach((room) => room.document.broadcastStateless(unsaved)),
    onEnd: () => rooms.forEach((room) => room.greetAll()),
  })
  const measures = createMeasures(app.metrics, {rooms, outage, socketCount: () => sockets.count})
  const writer = createWriter({
    store,
    outage,
    log,
    delayMs: settings.WRITE_DELAY_MS,
    onCommit: measures.committed,
  })
  const stopping = new AbortController()
  const hocuspocus = new Hocuspocus<Context>(
    hooksOf({
      rooms,
      store,
      access: createAccess(verify, settings.PROJECTS_URL),
      users: createUsers(settings.SOCKETS_PER_USER),
      outage,
      settings,
      log,
      signal: stopping.signal,
      onEdit(room) {
        measures.edited()
        writer.add(room)
      },
      onClosed(design) {
        presenceStore.leave([design]).catch((error: unknown) => log.debug({err: error}, 'presence was left'))
      },
    }),
  )
  const sockets = acceptSockets(app, hocuspocus, settings)
  const exchanging = exchange({rooms, store, presenceStore, outage, log, settings}, stopping.signal)

  app.addHook('preClose', async () => {
    sockets.stop()
    const deadlineMs = performance.now() + settings.GRACE_SECONDS * 1000 - endingMs
    writer.stopAt(deadlineMs)
    await until(() => [...rooms.values()].every(({isSaved}) => isSaved), deadlineMs)
    await sockets.close()
    await until(() => rooms.size === 0, deadlineMs)
    stopping.abort()
    await exchanging
    if (rooms.size > 0) log.error({rooms: rooms.size}, 'edits were not written before the end')
  })
  app.addHook('onClose', () => database.close())
  return app
}

async function until(claim: () => boolean, deadlineMs: number): Promise<void> {
  while (!claim() && performance.now() < deadlineMs) await sleep(10)
}
