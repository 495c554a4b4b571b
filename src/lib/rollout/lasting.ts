const lookEveryMs = 3000
/** So long may what does not heal by itself be a beginning: a first pull that is refused, a database that is just away. */
const lastsAfterMs = 30_000

/** Asked for what is wrong and has been for so long that waiting will not mend it. */
export interface Lasting {
  readonly why: () => string | undefined
  readonly stop: () => void
}

/** Looks now and then. @param look what is wrong at the moment; a look that fails says nothing. */
export function watchLasting(look: () => Promise<string | undefined>): Lasting {
  let since: {readonly what: string; readonly at: number} | undefined
  const note = async () => {
    const what = await look()
    since = what === undefined ? undefined : {what, at: since?.at ?? performance.now()}
  }
  const timer = setInterval(() => void note().catch(() => undefined), lookEveryMs)
  return {
    why: () => (since && performance.now() - since.at > lastsAfterMs ? since.what : undefined),
    stop: () => {
      clearInterval(timer)
    },
  }
}
