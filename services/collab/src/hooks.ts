import {setTimeout as sleep} from 'node:timers/promises'

import type {Configuration, Connection} from '@hocuspocus/server'
import type {FastifyBaseLogger} from 'fastify'

import type {Access, Pass} from './access.ts'
import {closes, type Close} from './closes.ts'
import {vouch} from './identity.ts'
import {Membership} from './membership.ts'
import {refused, unsaved} from './messages.ts'
import type {Outage} from './outage.ts'
import {Refusal} from './refusal.ts'
import {Room} from './room.ts'
import type {CollabSettings} from './settings.ts'
import type {Socket} from './socket.ts'
import type {Store, Stored} from './store.ts'
import type {Users} from './users.ts'

export interface Context {
  readonly socket: Socket
  /** From the moment its token has been accepted. */
  readonly pass?: Pass
}

export interface HookOptions {
  readonly rooms: Map<string, Room>
  readonly store: Store
  readonly access: Access
  readonly users: Users
  readonly outage: Outage
  readonly settings: CollabSettings
  readonly log: FastifyBaseLogger
  /** Nobody waits any more. */
  readonly signal: AbortSignal
  readonly onEdit: (room: Room) => void
  readonly onClosed: (design: string) => void
}

const loadPauseMs = 500
/** y-protocols/sync: a message that asks, and changes nothing; the answer to ours, with all that a client has and we do not. */
const [syncStep1, syncStep2] = [0, 1]

/** What Hocuspocus has to do for us. It keeps documents and speaks the protocol; who may, and what is kept, is decided here. */
export function hooksOf(options: HookOptions): Partial<Configuration<Context>> {
  const {rooms, access, users, outage, settings, onClosed} = options
  const members = new WeakMap<Connection, Membership>()
  return {
    quiet: true,
    async onAuthenticate({token, documentName, context: {socket}}) {
      const pass = await access.passOf(token)
      if (pass === 'refused') throw socket.refuse(closes.unauthenticated)
      if (pass === 'unknown') throw leave(socket, closes.later)
      const close = users.enter(socket, pass.user.id)
      if (close) throw leave(socket, close)
      const verdict = await access.ask(documentName, token)
      if (verdict === 'refused') throw socket.refuse(closes.refused)
      if (verdict === 'unknown') throw leave(socket, closes.later)
      return {pass}
    },
    async onLoadDocument({document}) {
      const room = new Room(document, await load(document.name, options), options.onEdit)
      rooms.set(room.design, room)
      document.on('destroy', () => {
        rooms.delete(room.design)
        onClosed(room.design)
      })
    },
    async connected({connection, context: {socket, pass}, instance, documentName}) {
      const room = rooms.get(documentName)
      // It may have been closed in the moment in which somebody came.
      if (!room || !pass || instance.documents.get(documentName) !== connection.document) {
        socket.end(closes.restart)
        return
      }
      if (!connection.document.hasConnection(connection)) return
      members.set(
        connection,
        new Membership(connection, pass, {
          access,
          intervalMs: settings.ACCESS_SECONDS * 1000,
          limitMs: settings.ACCESS_LIMIT_SECONDS * 1000,
          close: (close) => socket.end(close),
        }),
      )
      if (outage.isOn) connection.sendStateless(unsaved)
    },
    async onTokenSync({connection, token}) {
      await members.get(connection)?.renew(token)
    },
    async beforeSync({type, payload, connection, context: {socket}, documentName}) {
      const room = rooms.get(documentName)
      if (type === syncStep1) return
      if (room?.hasSpace(payload.length, settings.DESIGN_BYTES)) {
        // Once it has been applied: until then we do not know what they have.
        if (type === syncStep2) setImmediate(() => room.greet(connection))
        return
      }
      connection.sendStateless(refused('DESIGN_TOO_LARGE'))
      throw leave(socket, closes.tooLarge)
    },
    async beforeHandleAwareness({states, awareness, context}) {
      if (context?.pass) vouch(states, awareness, context.pass.user)
    },
    async beforeUnloadDocument({documentName}) {
      await rooms.get(documentName)?.whenSaved()
    },
  }
}

function leave(socket: Socket, close: Close): Refusal {
  socket.end(close)
  return new Refusal(close.reason)
}

/** Waits for a database that is away: those who have come wait too, and none of them is refused for it. */
async function load(design: string, {store, log, signal}: HookOptions): Promise<Stored> {
  while (!signal.aborted) {
    try {
      return await store.load(design)
    } catch (error) {
      log.warn({err: error, design}, 'a design was not read')
      await sleep(loadPauseMs, undefined, {signal}).catch(() => undefined)
    }
  }
  throw new Refusal(closes.restart.reason)
}
