import type {Connection, Document} from '@hocuspocus/server'
import {applyUpdate, encodeStateAsUpdate, encodeStateVector, mergeUpdates} from 'yjs'

import {saved} from './messages.ts'
import {fromStore, originOf} from './origins.ts'
import {Presence} from './presence.ts'
import type {Row, Stored} from './store.ts'

/** What is being written of a design. */
export interface Batch {
  readonly update: Uint8Array
  /** Of the document with it: all else in there was in the database before. */
  readonly stateVector: Uint8Array
  /** How many edits have been received until then. */
  readonly edits: number
}

/** So many edits are made one when they have to wait. */
const waitingEdits = 200

/**
 * A design that is open here: what of it is in the database, what is not yet, and who waits to be told.
 *
 * An edit is `received` once it is in the document, and told to be saved only after it was committed. What comes out of the
 * database is applied with the origin `fromStore`, and is not written again.
 */
export class Room {
  readonly design: string
  readonly document: Document
  readonly presence: Presence
  /** Number of the last update of the database that is in the document. */
  seenSeq: number
  /** In the database since the last snapshot. */
  rows: number
  #unwritten: Uint8Array[] = []
  #received = 0
  #committed = 0
  #sizeBytes: number
  #isMeasured = true
  /** When the first edit came that is unwritten, and the first of those that are being written. */
  #unwrittenSinceMs: number | undefined
  #writingSinceMs: number | undefined
  readonly #onEdit: (room: Room) => void
  /** Those who are to be told, once this many edits are committed. */
  readonly #waiting = new Map<Connection, number>()
  #written: PromiseWithResolvers<undefined> | undefined

  constructor(document: Document, {updates, seq}: Stored, onEdit: (room: Room) => void) {
    this.design = document.name
    this.document = document
    this.seenSeq = seq
    this.rows = updates.length
    this.#onEdit = onEdit
    this.presence = new Presence(document)
    for (const update of updates) applyUpdate(document, update, fromStore)
    this.#sizeBytes = encodeStateAsUpdate(document).length
    document.on('update', (update: Uint8Array, origin: unknown) => {
      this.#sizeBytes += update.length
      this.#isMeasured = false
      if (origin !== fromStore) this.#receive(update, originOf(origin))
    })
  }

  #receive(update: Uint8Array, connection: Connection | undefined): void {
    this.#received += 1
    this.#unwritten.push(update)
    if (this.#unwritten.length >= waitingEdits) this.#unwritten = [mergeUpdates(this.#unwritten)]
    this.#unwrittenSinceMs ??= performance.now()
    if (connection) this.#waiting.set(connection, this.#received)
    this.#onEdit(this)
  }

  /** What is to be written now. It counts as unsaved until `commit`. */
  take(): Batch {
    const update = mergeUpdates(this.#unwritten)
    this.#unwritten = []
    this.#writingSinceMs = this.#unwrittenSinceMs
    this.#unwrittenSinceMs = undefined
    return {update, stateVector: encodeStateVector(this.document), edits: this.#received}
  }

  /** The batch is in the database as update `seq`. */
  commit({stateVector, edits}: Batch, seq: number): void {
    this.#committed = edits
    this.rows += 1
    // Else somebody else has written in between, which has to be read first.
    if (seq === this.seenSeq + 1) this.seenSeq = seq
    this.#writingSinceMs = undefined
    this.#tell(stateVector)
    if (this.isSaved) this.#written?.resolve(undefined)
  }

  get isSaved(): boolean {
    return this.#committed === this.#received
  }

  /** When the oldest edit came that is not committed, by performance.now(). */
  get unsavedSinceMs(): number | undefined {
    return this.#writingSinceMs ?? this.#unwrittenSinceMs
  }

  /** Resolves when nothing is left to be written. */
  async whenSaved(): Promise<void> {
    if (this.isSaved) return
    this.#written ??= Promise.withResolvers()
    await this.#written.promise
    this.#written = undefined
  }

  /** Tells somebody who has come when all that is here by now is saved: it may be theirs, of before they lost us. */
  greet(connection: Connection): void {
    if (!this.document.hasConnection(connection)) return
    this.#waiting.set(connection, this.#received)
    if (this.isSaved) this.#tell(encodeStateVector(this.document))
  }

  /** Greets everybody, after they were told that nothing is saved. */
  greetAll(): void {
    for (const connection of this.document.getConnections()) this.greet(connection)
  }

  #tell(stateVector: Uint8Array): void {
    for (const [connection, edits] of this.#waiting) {
      // An edit that refers to something that has not come is kept apart, and not written.
      const isEverything = edits <= this.#committed && !this.#hasPending
      if (isEverything || !this.document.hasConnection(connection)) this.#waiting.delete(connection)
      if (this.document.hasConnection(connection)) connection.sendStateless(saved(stateVector, isEverything))
    }
  }

  /** Applies what others have written, as far as it follows what has been read. */
  read(rows: readonly Row[]): void {
    for (const {seq, data} of rows) {
      if (seq !== this.seenSeq + 1) continue
      if (data) this.#apply(data)
      this.seenSeq = seq
      this.rows += data ? 1 : 0
    }
  }

  /**
   * Applies all that is kept, where what follows is not there any more to be read one by one.
   * @param isLost the database has less than it had: a failover has cost it what was committed. All that is here is written again.
   */
  readAll({updates, seq}: Stored, isLost: boolean): void {
    for (const update of updates) this.#apply(update)
    this.seenSeq = seq
    this.rows = updates.length
    if (isLost) this.#receive(encodeStateAsUpdate(this.document), undefined)
  }

  #apply(update: Uint8Array): void {
    // What waits for it may be an edit of somebody here: that would be written by nobody if it came in as the store's.
    applyUpdate(this.document, update, this.#hasPending ? undefined : fromStore)
  }

  get #hasPending(): boolean {
    const {pendingStructs, pendingDs} = this.document.store
    return pendingStructs !== null || pendingDs !== null
  }

  /** Whether so many more bytes of edits fit in. */
  hasSpace(bytes: number, limitBytes: number): boolean {
    const spaceBytes = limitBytes - bytes - (this.document.store.pendingStructs?.update.length ?? 0)
    if (this.#sizeBytes > spaceBytes && !this.#isMeasured) {
      // The sum of all edits is more than what they come to.
      this.#sizeBytes = encodeStateAsUpdate(this.document).length
      this.#isMeasured = true
    }
    return this.#sizeBytes <= spaceBytes
  }
}
