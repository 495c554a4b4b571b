import {setTimeout as sleep} from 'node:timers/promises'

/** Asks again and again until the answer is one. @throws Error that says what did not come. */
export async function until<T>(
  what: string,
  check: () => Promise<T | undefined | false>,
  seconds = 20,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000
  for (;;) {
    const answer = await check()
    if (answer !== undefined && answer !== false) return answer
    if (Date.now() > deadline) throw new Error(`${what} did not come in ${seconds} s`)
    await sleep(50)
  }
}
