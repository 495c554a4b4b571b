import {applyUpdate, Doc, encodeStateAsUpdate} from 'yjs'

import type {Room} from './room.ts'
import type {Store} from './store.ts'

/** Makes one update of all that a design has in the database, so that it opens fast and what was deleted is gone. */
export async function compact(room: Room, store: Store): Promise<void> {
  // One that fails is tried again after as many rows.
  room.rows = 1
  const stored = await store.load(room.design)
  // From what is committed and not from memory, where there is more.
  const document = new Doc()
  for (const update of stored.updates) applyUpdate(document, update)
  await store.compact(room.design, stored, encodeStateAsUpdate(document))
  document.destroy()
}
