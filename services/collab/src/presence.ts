import type {Document} from '@hocuspocus/server'
import {applyAwarenessUpdate, encodeAwarenessUpdate, removeAwarenessStates} from 'y-protocols/awareness'

import {fromStore, originOf} from './origins.ts'
import type {OthersRow, PresenceRow} from './presence-store.ts'

/** A row that has not changed is written again after this, to say that this instance lives. */
const heartbeatMs = 10_000

/** Who is in a design: here, and at the other instances that have it open. */
export class Presence {
  readonly #document: Document
  #version = 1
  #writtenVersion = 0
  #writtenAtMs = -Infinity
  /** Clients that are connected to other instances, and what was read of each. */
  readonly #others = new Map<string, {version: number; clients: readonly number[]}>()

  constructor(document: Document) {
    this.#document = document
    document.awareness.on('update', ({added, updated}: Changed, origin: unknown) => {
      if (origin === fromStore) return
      this.#version += 1
      const sender = originOf(origin)
      if (!sender) return
      if (!document.hasConnection(sender)) {
        // Their last words were still being looked at when they left.
        removeAwarenessStates(document.awareness, [...added, ...updated], fromStore)
        return
      }
      // Whoever speaks for a client last has it: it may have come from another instance, or from a socket that is dead.
      for (const client of [...added, ...updated])
        for (const connection of document.getConnections())
          if (connection === sender) document.getClients(connection).add(client)
          else document.getClients(connection).delete(client)
    })
  }

  /** Whether the design is open elsewhere too. */
  get isShared(): boolean {
    return this.#others.size > 0
  }

  get known() {
    const {name: design} = this.#document
    return [...this.#others].map(([instance, {version}]) => ({design, instance, version}))
  }

  /** What others have to be told now; nobody reads it while the design is open here only. */
  due(nowMs: number): PresenceRow | undefined {
    const isNews = this.#version !== this.#writtenVersion && (this.isShared || this.#writtenVersion === 0)
    if (!isNews && nowMs - this.#writtenAtMs < heartbeatMs) return undefined
    const {name: design, awareness} = this.#document
    const clients = this.#own()
    return {design, version: this.#version, clients, data: encodeAwarenessUpdate(awareness, clients)}
  }

  written({version}: PresenceRow, nowMs: number): void {
    this.#writtenVersion = version
    this.#writtenAtMs = nowMs
  }

  /** @param rows of all other instances that have it open. */
  read(rows: readonly OthersRow[]): void {
    const {awareness} = this.#document
    const before = this.#elsewhere()
    for (const instance of this.#others.keys())
      if (!rows.some((row) => row.instance === instance)) this.#others.delete(instance)
    for (const {instance, version, changed} of rows) {
      if (!changed) continue
      applyAwarenessUpdate(awareness, changed.data, fromStore)
      this.#others.set(instance, {version, clients: changed.clients})
    }
    const present = new Set([...this.#elsewhere(), ...this.#own()])
    const gone = before.filter((client) => !present.has(client))
    removeAwarenessStates(awareness, gone, fromStore)
  }

  #elsewhere(): number[] {
    return [...this.#others.values()].flatMap(({clients}) => clients)
  }

  #own(): number[] {
    const document = this.#document
    const clients = document
      .getConnections()
      .flatMap((connection) => [...(document.getClients(connection) as Set<number>)])
    return clients.filter((client) => document.awareness.getStates().has(client))
  }
}

interface Changed {
  readonly added: readonly number[]
  readonly updated: readonly number[]
}
