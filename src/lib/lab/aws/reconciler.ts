import {setTimeout as sleep} from 'node:timers/promises'
import {createProgress} from '../../output/progress.ts'
import {withLabLock} from '../lock.ts'
import {reconcile} from './reconcile.ts'

// A program of its own: it goes on for as long as its lab is there, and ends with it.
const [, , lab = ''] = process.argv
const progress = createProgress({stream: {write: () => true}})

for (let said = ''; ;) {
  try {
    await reconcile(lab, {locking: (task) => withLabLock(lab, task), progress})
    said = ''
  } catch (error) {
    // Whatever it is (the emulator's host is off, somebody changes the lab): it is tried again, and told once.
    const text = error instanceof Error ? error.message : String(error)
    if (text !== said) process.stderr.write(`${new Date().toISOString()} ${text}\n`)
    said = text
  }
  await sleep(1000)
}
