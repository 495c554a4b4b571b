/** Ends a hook of Hocuspocus. It has no message: with one, Hocuspocus prints a line for each client that is refused. */
export class Refusal extends Error {
  /** What the client is told. */
  readonly reason: string

  constructor(reason: string) {
    super()
    this.reason = reason
  }
}
