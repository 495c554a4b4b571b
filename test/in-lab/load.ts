import {labPlace} from '../../src/lib/lab/load-place.ts'
import {ordinaryLoad, startLoad, type RunningLoad} from '../../src/lib/lab/load.ts'
import {lab} from './name.ts'

const begun = new Set<RunningLoad>()

/** Four clients that keep writing through the poolers; few, so that two cores have time for the fleet itself. */
export async function startClients(): Promise<RunningLoad> {
  const load = await startLoad(await labPlace(lab), {...ordinaryLoad, clients: 4, paceMs: 20})
  begun.add(load)
  return load
}

/** Ends the clients that a failed story has left writing; a stopped load stops again at once. */
export async function endClients(): Promise<void> {
  await Promise.allSettled([...begun].map((load) => load.stop()))
  begun.clear()
}
