// People in designs, in a process apart from the service; told by bench/edits.ts whom to play.
import {once} from 'node:events'
import {setTimeout as sleep} from 'node:timers/promises'

import {until} from '../../test/until.ts'
import {connect, type Client} from '../test/client.ts'

export interface Orders {
  readonly url: string
  readonly rooms: readonly {readonly design: string; readonly token: string}[]
  readonly socketsPerRoom: number
  readonly editMs: number
  readonly warmUpSeconds: number
  readonly seconds: number
}

export interface Report {
  readonly edits: number
  /** From an edit until it is in somebody else's document, of all that were made after the warm-up. */
  readonly reachedMs: readonly number[]
}

const [orders] = (await once(process, 'message')) as [Orders]
const rooms: Client[][] = []
for (const {design, token} of orders.rooms) {
  const options = {token: () => Promise.resolve(token)}
  rooms.push(Array.from({length: orders.socketsPerRoom}, () => connect(orders.url, design, options)))
  // Not all at once: how long it takes to come in is not asked here.
  await sleep(50)
}
await until('everybody', async () => rooms.flat().every(({provider}) => provider.isSynced), 120)
process.send?.('ready')
await once(process, 'message')

let edits = 0
let isMeasured = false
const reachedMs: number[] = []
for (const [, ...others] of rooms)
  for (const {layers} of others)
    // Edits that have had to wait may come together.
    layers.observe(({keysChanged}) => {
      for (const key of keysChanged) {
        const {madeAtMs, counts} = layers.get(String(key)) as {madeAtMs: number; counts: boolean}
        if (counts) reachedMs.push(performance.now() - madeAtMs)
      }
    })
const timers = rooms.map(async ([editor], index) => {
  // Rooms do not keep time with each other.
  await sleep((index * orders.editMs) / rooms.length)
  return setInterval(() => {
    if (isMeasured) edits += 1
    editor?.layers.set(`edit-${editor.layers.size}`, {madeAtMs: performance.now(), counts: isMeasured})
  }, orders.editMs)
})
await sleep(orders.warmUpSeconds * 1000)
isMeasured = true
await sleep(orders.seconds * 1000)
for (const timer of timers) clearInterval(await timer)
const expected = edits * (orders.socketsPerRoom - 1)
await until('the last edits', async () => reachedMs.length >= expected, 30)
const report: Report = {edits, reachedMs}
await new Promise((resolve) => process.send?.(report, resolve))
for (const client of rooms.flat()) client.leave()
process.disconnect()
