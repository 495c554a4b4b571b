// k6 run -e BASE_URL=… services/collab/load.js: two sockets in a design; one edits, and waits until each edit is told to be saved
// and has come to the other.
import {check} from 'k6'
import {Trend} from 'k6/metrics'
import {clearInterval, setInterval, setTimeout} from 'k6/timers'

import {deleteDesign, makeDesign} from '../common/load/designs.js'
import {loadOptions, within} from '../common/load/options.js'
import {signUpUsers, tokenOf} from '../common/load/users.js'
import {join} from './load/socket.js'

const joined = new Trend('collab_join', true)
const saved = new Trend('collab_edit_saved', true)
const seen = new Trend('collab_edit_seen', true)

const edits = Number(__ENV.EDITS || 20)
const editMs = 500 * Number(__ENV.THINK || 1)
/** What has not come by then does not come. */
const patienceMs = 10_000

export const options = loadOptions({
  sessionsPerMinute: 60,
  sessionSeconds: (edits * editMs) / 1000 + 1,
  thresholds: {
    ...within({make: 400, delete: 400}),
    collab_join: ['p(95)<1000'],
    collab_edit_saved: ['p(95)<500'],
    collab_edit_seen: ['p(95)<200'],
  },
})

export const setup = signUpUsers

/** @param {ReturnType<typeof setup>} users */
export default async function (users) {
  const token = tokenOf(users)
  const {id} = makeDesign(token)
  const [writer, reader] = [join(id, token), join(id, token)]
  const areIn = await happens(() => writer.isSynced && reader.isSynced)
  check(areIn, {'join: both are let in': (is) => is})
  for (const {joinMs} of [writer, reader]) if (joinMs !== undefined) joined.add(joinMs)
  if (areIn) await edit(writer, reader)
  for (const socket of [writer, reader]) socket.close()
  deleteDesign(token, id)
}

/**
 * @param {import('./load/socket.js').Joined} writer
 * @param {import('./load/socket.js').Joined} reader
 */
async function edit(writer, reader) {
  /** @type {number[]} */
  const sentAtMs = []
  const counts = {saved: 0, seen: 0}
  writer.onSaved = (clock) => {
    for (; counts.saved < clock; counts.saved += 1) saved.add(Date.now() - sentAtMs[counts.saved])
  }
  reader.onEdit = (clock) => {
    counts.seen += 1
    seen.add(Date.now() - sentAtMs[clock])
  }
  while (sentAtMs.length < edits) {
    sentAtMs.push(Date.now())
    writer.edit(sentAtMs.length - 1)
    await new Promise((resolve) => setTimeout(() => resolve(undefined), editMs))
  }
  await happens(() => counts.saved >= edits && counts.seen >= edits)
  check(counts, {
    'edit: is told to be saved': (all) => all.saved === edits,
    'edit: comes to the other': (all) => all.seen === edits,
  })
}

/**
 * Whether a claim comes true in time.
 *
 * @param {() => boolean} claim
 * @returns {Promise<boolean>}
 */
function happens(claim) {
  const deadlineMs = Date.now() + patienceMs
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      if (!claim() && Date.now() < deadlineMs) return
      clearInterval(timer)
      resolve(claim())
    }, 10)
  })
}
