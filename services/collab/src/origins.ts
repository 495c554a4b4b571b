import {isTransactionOrigin, type Connection} from '@hocuspocus/server'

/** Marks what came out of the database, so that it is not written there again. */
export const fromStore = {source: 'local', skipStoreHooks: true} as const

/** Whose edit or presence it is; undefined: nobody's who is connected here. */
export function originOf(origin: unknown): Connection | undefined {
  return isTransactionOrigin(origin) && origin.source === 'connection' ? origin.connection : undefined
}
