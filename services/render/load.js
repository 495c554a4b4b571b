// k6 run -e BASE_URL=… services/render/load.js: somebody orders a picture, asks until it is done, and fetches it.
import {check, sleep} from 'k6'
import {Trend} from 'k6/metrics'

import {ask, sent, think, unique} from '../common/load/api.js'
import {makeDesign} from '../common/load/designs.js'
import {loadOptions, within} from '../common/load/options.js'
import {signUpUsers, tokenOf} from '../common/load/users.js'

const orderToDone = new Trend('render_order_to_done', true)
const waitSeconds = 60
const formats = ['png', 'jpeg', 'webp']
/** Pixels; wider ones are more work. */
const width = Number(__ENV.WIDTH || 1200)

export const options = loadOptions({
  sessionsPerMinute: 30,
  sessionSeconds: 10,
  thresholds: {
    ...within({order: 500, look: 250, fetch: 500}),
    render_order_to_done: ['p(95)<5000'],
  },
})

export function setup() {
  const users = signUpUsers()
  return {users, designs: users.map(({token}) => makeDesign(token, 'setup').id)}
}

/** @param {ReturnType<typeof setup>} data */
export default function ({users, designs}) {
  const token = tokenOf(users)
  const body = {designId: designs[(__VU - 1) % designs.length], format: formats[__ITER % 3], width}
  const started = Date.now()
  const order = ask('POST', '/renders', {kind: 'order', token, body, key: unique(), status: 202})
  const render = finished(token, String(order.json('id')), started + waitSeconds * 1000)
  if (check(render, {'order: is done': ({state}) => state === 'done'})) {
    orderToDone.add(Date.now() - started)
    sent('GET', render.url, null, {kind: 'fetch'})
  }
  think(5)
}

/**
 * @param {string} token
 * @param {string} id
 * @param {number} deadlineMs
 * @returns {{state: string, url: string}}
 */
function finished(token, id, deadlineMs) {
  // As the page does: less and less often.
  for (let pause = 0.25; ; pause = Math.min(pause * 1.5, 2)) {
    const render = /** @type {any} */ (ask('GET', `/renders/${id}`, {kind: 'look', token}).json())
    if (render.state === 'done' || render.state === 'failed' || Date.now() > deadlineMs) return render
    sleep(pause)
  }
}
