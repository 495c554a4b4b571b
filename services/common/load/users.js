import {ask, unique} from './api.js'

/** @typedef {{email: string, password: string, name: string}} Account */
/** @typedef {{account: Account, token: string, renewAtMs: number}} User */

/** New accounts that are logged in, for `setup()`: USERS of them. */
export function signUpUsers() {
  return Array.from({length: Number(__ENV.USERS || 50)}, () => {
    const account = newAccount()
    signUp(account, 'setup')
    return logIn(account, 'setup')
  })
}

/** @returns {Account} */
export const newAccount = () => ({
  email: `load-${unique()}@example.net`,
  password: 'correct horse battery',
  name: 'Load',
})

/**
 * @param {Account} account
 * @param {string} kind
 */
export const signUp = (account, kind) =>
  ask('POST', '/auth/sign-up', {kind, body: account, key: unique(), status: 201})

/**
 * @param {Account} account
 * @param {string} kind
 * @returns {User}
 */
export function logIn(account, kind) {
  const {email, password} = account
  const answer = ask('POST', '/auth/log-in', {kind, body: {email, password}})
  const {accessToken = '', expiresIn = 0} = answer.status === 200 ? /** @type {any} */ (answer.json()) : {}
  // Long before it ends: a session must not be interrupted.
  return {account, token: accessToken, renewAtMs: Date.now() + expiresIn * 500}
}

/** @type {User | undefined} */
let renewed

/**
 * The token of the user that this virtual user plays, a new one when it has become old.
 *
 * @param {User[]} users
 */
export function tokenOf(users) {
  const user = renewed || users[(__VU - 1) % users.length]
  if (Date.now() < user.renewAtMs) return user.token
  renewed = logIn(user.account, 'renew')
  return renewed.token
}
