/** What is still under way when the report is printed, each with what there is to say about it in the end. */
const pending: Promise<readonly string[]>[] = []

/** Lets this process wait for it once the report is printed. @param lines is for stderr. */
export function afterReport(lines: Promise<readonly string[]>): void {
  pending.push(lines)
}

/** Waits for all of it and says what there is to say. Ctrl-C and SIGTERM end the wait; the exit code stays what it is. */
export async function finishAfterReport(): Promise<void> {
  if (pending.length === 0) return
  const {promise: interrupted, resolve} = Promise.withResolvers<readonly string[]>()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve([]))
  const said = Promise.all(pending).then((lines) => lines.flat())
  for (const line of await Promise.race([said, interrupted])) process.stderr.write(`${line}\n`)
}
