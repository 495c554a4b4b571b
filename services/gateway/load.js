// k6 run -e BASE_URL=… services/gateway/load.js: the page, reading through the gateway, and a token that is refused.
import {check} from 'k6'

import {ask, baseUrl, sent, think} from '../common/load/api.js'
import {makeDesign} from '../common/load/designs.js'
import {loadOptions, within} from '../common/load/options.js'
import {signUpUsers, tokenOf} from '../common/load/users.js'

export const options = loadOptions({
  sessionsPerMinute: 120,
  sessionSeconds: 5,
  thresholds: within({page: 100, list: 250, read: 250, refuse: 100}),
})

export function setup() {
  const users = signUpUsers()
  return {users, designs: users.map(({token}) => makeDesign(token, 'setup').id)}
}

/** @param {ReturnType<typeof setup>} data */
export default function ({users, designs}) {
  const page = sent('GET', `${baseUrl}/`, null, {kind: 'page'})
  check(page, {'page: is HTML': ({body}) => String(body).includes('<!doctype html>')})
  think(1)
  const token = tokenOf(users)
  ask('GET', '/designs', {kind: 'list', token})
  think(1)
  const id = designs[(__VU - 1) % designs.length]
  for (let times = 0; times < 3; times += 1) {
    const answer = ask('GET', `/designs/${id}`, {kind: 'read', token})
    check(answer, {'read: is the design': (design) => design.json('id') === id})
    think(1)
  }
  ask('GET', '/designs', {kind: 'refuse', token: `${token}x`, status: 401})
}
