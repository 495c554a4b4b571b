import {setTimeout as sleep} from 'node:timers/promises'

const waitMs = 2000

let send = (): Promise<void> => Promise.resolve()

/** Says how what is left of traces is sent; without tracing nothing is. */
export function setTraceSender(sender: () => Promise<void>): void {
  send = sender
}

/** Before the process ends. A collector that is away does not hold up the end, nor make a failure of it. */
export async function sendLastTraces(): Promise<void> {
  const late = sleep(waitMs).then(() => Promise.reject(new Error('nobody takes them')))
  await Promise.race([send(), late]).catch((error: unknown) =>
    console.error(`the last traces are lost: ${(error as Error).message}`),
  )
}
