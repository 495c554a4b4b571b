/**
 * What clients are told beside the document, as stateless messages in JSON.
 *
 * `saved`: all of the document up to this state vector (base64) is committed. A state vector does not know of what was deleted:
 * `isEverything` says that all that this client had sent when it was told so is committed, deletions too. What a client has made
 * is saved when its own clock is covered, it is everything, and nothing that it has sent is without an answer; clocks of
 * others go on meanwhile, and it is they who are told.
 */
export const saved = (stateVector: Uint8Array, isEverything: boolean) =>
  JSON.stringify({saved: Buffer.from(stateVector).toString('base64'), isEverything})

/** Nothing is saved until the next `saved`; edits go on to reach the others, and are kept in memory. */
export const unsaved = JSON.stringify({unsaved: 'DATABASE_AWAY'})

/** Why the socket is closed now, where coming again does not help. */
export const refused = (code: 'DESIGN_TOO_LARGE') => JSON.stringify({refused: code})
