/** What is still under way when the report is printed, each with what there is to say about it in the end. */
const pending: Promise<readonly string[]>[] = []

/** Lets this process wait for it once the report is printed. @param lines is for stderr. */
export function afterReport(lines: Promise<readonly string[]>): void {
  pending.push(lines)
}

/** Waits for all of it and says what there is to say. */
export async function finishAfterReport(): Promise<void> {
  const lines = (await Promise.all(pending)).flat()
  for (const line of lines) process.stderr.write(`${line}\n`)
}
