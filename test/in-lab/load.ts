import {labPlace} from '../../src/lib/lab/load-place.ts'
import {ordinaryLoad, startLoad, type RunningLoad} from '../../src/lib/lab/load.ts'
import {lab} from './lab.ts'

/** Four clients that keep writing through the poolers; few, so that two cores have time for the fleet itself. */
export const startClients = async (): Promise<RunningLoad> =>
  startLoad(await labPlace(lab), {...ordinaryLoad, clients: 4, paceMs: 20})
