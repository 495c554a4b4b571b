import {setTimeout as sleep} from 'node:timers/promises'
import {createProgress} from '../../output/progress.ts'
import {withLabLock} from '../lock.ts'
import {mendExpired} from '../mend-expired.ts'
import {reconcile} from './reconcile.ts'

// A program of its own: it goes on for as long as its lab is there, and ends with it.
const [, , lab = ''] = process.argv
const progress = createProgress({stream: {write: () => true}})

// Apart, since a node that is set up takes long.
await Promise.all([
  again(() => reconcile(lab, {locking: (task) => withLabLock(lab, task), progress})),
  again(() => mendExpired(lab)),
])

async function again(task: () => Promise<unknown>): Promise<void> {
  for (let said = ''; ;) {
    try {
      await task()
      said = ''
    } catch (error) {
      // Whatever it is (the emulator's host is off, somebody changes the lab): it is tried again, and told once.
      const text = error instanceof Error ? error.message : String(error)
      if (text !== said) process.stderr.write(`${new Date().toISOString()} ${text}\n`)
      said = text
    }
    await sleep(1000)
  }
}
