// k6 run -e BASE_URL=… services/auth/load.js: somebody signs up, logs in, comes back, and logs out.
import {check} from 'k6'

import {ask, think} from '../common/load/api.js'
import {loadOptions, within} from '../common/load/options.js'
import {logIn, newAccount, signUp} from '../common/load/users.js'

export const options = loadOptions({
  sessionsPerMinute: 60,
  sessionSeconds: 8,
  // The first two hash a password, which is to take time.
  thresholds: within({'sign-up': 800, 'log-in': 800, me: 200, refresh: 300, 'log-out': 300}),
})

export default function () {
  const account = newAccount()
  signUp(account, 'sign-up')
  think(2)
  const {token} = logIn(account, 'log-in')
  const me = ask('GET', '/auth/me', {kind: 'me', token})
  check(me, {'me: is who signed up': (answer) => answer.json('email') === account.email})
  think(4)
  // The refresh token is a cookie, which k6 keeps until the iteration ends.
  const fresh = ask('POST', '/auth/refresh', {kind: 'refresh'})
  check(fresh, {'refresh: gives a token': (answer) => String(answer.json('accessToken')).length > 100})
  think(1)
  ask('POST', '/auth/log-out', {kind: 'log-out', status: 204})
}
