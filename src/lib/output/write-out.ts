/**
 * Writes to stdout, as fast as its reader takes it.
 *
 * @returns false when the reader has gone away, as `head` does.
 */
export async function writeOut(text: string): Promise<boolean> {
  const {stdout} = process
  if (stdout.destroyed) return false
  if (stdout.write(text)) return true
  const {promise, resolve} = Promise.withResolvers<undefined>()
  const end = () => resolve(undefined)
  stdout.once('drain', end).once('close', end)
  await promise
  stdout.off('drain', end).off('close', end)
  return !stdout.destroyed
}
