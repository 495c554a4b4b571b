import {afterAll, beforeAll, describe, expect, test} from '@jest/globals'
import {createHmac, randomBytes} from 'node:crypto'
import {fileURLToPath} from 'node:url'

import {migrate, readSettings, tokenVerifier, type App} from '@pixelpulse/common'
import {exportPKCS8, generateKeyPair, SignJWT} from 'jose'

import {startPostgres, type TestPostgres} from '../../test/servers/postgres.ts'
import {buildAuth} from '../src/build.ts'
import {authSettings} from '../src/settings.ts'

let postgres: TestPostgres
let auth: App
let second: App
const env = () => ({
  DATABASE_URL: postgres.url,
  AUTH_KEY_SECRET: secret,
  SECURE_COOKIES: 'true',
  LOG_LEVEL: 'silent',
  HOST: '127.0.0.1',
  DATABASE_PATIENCE_SECONDS: '15',
})
const secret = randomBytes(32).toString('base64')

beforeAll(async () => {
  postgres = await startPostgres()
  await migrate({
    url: postgres.url,
    schema: 'auth',
    folder: fileURLToPath(new URL('../migrations', import.meta.url)),
  })
  auth = await buildAuth(readSettings(authSettings, env()))
  second = await buildAuth(readSettings(authSettings, env()))
  await auth.listen({host: '127.0.0.1', port: 0})
}, 60_000)
afterAll(async () => {
  await auth.close()
  await second.close()
  await postgres.remove()
})

const password = 'correct horse battery staple'
let accounts = 0
const newEmail = () => `ada${(accounts += 1)}@example.net`

const post = (
  url: string,
  payload?: object,
  {app = auth, headers = {}}: {app?: App; headers?: object} = {},
) => app.inject({method: 'POST', url, ...(payload && {payload}), headers: {...headers}})

async function signedUp(): Promise<string> {
  const email = newEmail()
  const {statusCode} = await post('/sign-up', {email, password, name: 'Ada'})
  expect(statusCode).toBe(201)
  return email
}

async function loggedIn(email: string) {
  const answer = await post('/log-in', {email, password})
  expect(answer.statusCode).toBe(200)
  const cookie = answer.cookies.find(({name}) => name === 'refresh')!
  return {token: answer.json().accessToken as string, cookie}
}

const refresh = (value: string, app = auth) =>
  app.inject({method: 'POST', url: '/refresh', cookies: {refresh: value}})
const me = (token: string) =>
  auth.inject({method: 'GET', url: '/me', headers: {authorization: `Bearer ${token}`}})

test('one connection is enough: whoever logs in or refreshes waits for no second one', async () => {
  const email = await signedUp()
  const {cookie} = await loggedIn(email)
  const settings = {...env(), DATABASE_CONNECTIONS: '1', DATABASE_PATIENCE_SECONDS: '3'}
  // Each has no key in its memory yet.
  for (const ask of [
    (app: App) => post('/log-in', {email, password}, {app}),
    (app: App) => refresh(cookie.value, app),
  ]) {
    const narrow = await buildAuth(readSettings(authSettings, settings))
    expect((await ask(narrow)).statusCode).toBe(200)
    await narrow.close()
  }
})

describe('an account', () => {
  test('is made, logged in to, and says who it is', async () => {
    const email = await signedUp()
    const {token} = await loggedIn(email)
    expect((await me(token)).json()).toMatchObject({email, name: 'Ada'})
  })

  test('is the same in other letters, and made once', async () => {
    const email = await signedUp()
    const again = await post('/sign-up', {email: ` ${email.toUpperCase()} `, password, name: 'Ada'})
    expect(again.statusCode).toBe(409)
    expect(again.json().error.code).toBe('EMAIL_TAKEN')
  })

  test('that is asked for twice with one key is answered twice', async () => {
    const body = {email: newEmail(), password, name: 'Ada'}
    const headers = {'idempotency-key': 'sign-up-1234'}
    const [one, two] = await Promise.all([
      post('/sign-up', body, {headers}),
      post('/sign-up', body, {headers, app: second}),
    ])
    expect([one.statusCode, two.statusCode]).toEqual([201, 201])
    expect(one.json()).toEqual(two.json())
  })

  test('with a short password is refused, and the answer does not repeat it', async () => {
    const answer = await post('/sign-up', {email: newEmail(), password: 'hunter2!', name: 'Ada'})
    expect(answer.statusCode).toBe(400)
    expect(answer.body).not.toContain('hunter2')
  })
})

describe('a session', () => {
  test('keeps its refresh token from scripts and other sites', async () => {
    const {cookie} = await loggedIn(await signedUp())
    expect(cookie).toMatchObject({httpOnly: true, secure: true, sameSite: 'Strict', path: '/api/auth'})
  })

  test('goes on with a new refresh token; the old one, used again later, ends it', async () => {
    const {cookie} = await loggedIn(await signedUp())
    const next = await refresh(cookie.value)
    expect(next.statusCode).toBe(200)
    const fresh = next.cookies[0]!.value
    expect(fresh).not.toBe(cookie.value)
    // A second tab that refreshed at the same moment.
    expect((await refresh(cookie.value, second)).statusCode).toBe(200)

    await postgres.query("update auth.refresh_tokens set used_at = used_at - interval '1 minute'")
    expect((await refresh(cookie.value)).statusCode).toBe(401)
    expect((await refresh(fresh)).statusCode).toBe(401)
  })

  test('ends with a log-out, and with its time', async () => {
    const email = await signedUp()
    const {cookie} = await loggedIn(email)
    await auth.inject({method: 'POST', url: '/log-out', cookies: {refresh: cookie.value}})
    expect((await refresh(cookie.value)).statusCode).toBe(401)

    const late = await loggedIn(email)
    await postgres.query("update auth.refresh_tokens set expires_at = now() - interval '1 second'")
    expect((await refresh(late.cookie.value)).statusCode).toBe(401)
    expect((await refresh('')).statusCode).toBe(401)
  })
})

describe('a token', () => {
  const claims = (name = 'Ada') =>
    new SignJWT({name}).setSubject(crypto.randomUUID()).setIssuer('pixelpulse').setAudience('pixelpulse')

  test('is accepted elsewhere by the published keys', async () => {
    const {token} = await loggedIn(await signedUp())
    const address = auth.server.address() as {port: number}
    const {verify} = tokenVerifier({
      AUTH_JWKS_URL: `http://127.0.0.1:${address.port}/.well-known/jwks.json`,
      AUTH_ISSUER: 'pixelpulse',
    })
    expect(await verify(token)).toMatchObject({name: 'Ada'})
  })

  test('of another key, without a signature, or signed with the public key as a password is refused', async () => {
    const {token} = await loggedIn(await signedUp())
    const [, payload = ''] = token.split('.')
    const published = (await auth.inject('/.well-known/jwks.json')).json().keys[0] as {kid: string; x: string}
    const {privateKey} = await generateKeyPair('EdDSA', {extractable: true})
    expect(await exportPKCS8(privateKey)).toContain('PRIVATE KEY')
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

    const foreign = await claims()
      .setProtectedHeader({alg: 'EdDSA', kid: published.kid})
      .setExpirationTime('5m')
      .sign(privateKey)
    const unsigned = `${encode({alg: 'none', kid: published.kid})}.${payload}.`
    const head = encode({alg: 'HS256', kid: published.kid})
    const mac = createHmac('sha256', Buffer.from(published.x, 'base64url'))
    const confused = `${head}.${payload}.${mac.update(`${head}.${payload}`).digest('base64url')}`
    const changed = `${token.split('.')[0]}.${encode({sub: crypto.randomUUID(), exp: 9e9})}.${token.split('.')[2]}`
    for (const forged of [foreign, unsigned, confused, changed, 'nonsense', ''])
      expect([forged.slice(0, 20), (await me(forged)).statusCode]).toEqual([forged.slice(0, 20), 401])
  })

  test('is refused when its time is over', async () => {
    const brief = await buildAuth(readSettings(authSettings, {...env(), ACCESS_TOKEN_SECONDS: '1'}))
    try {
      const answer = await post('/log-in', {email: await signedUp(), password}, {app: brief})
      await new Promise((resolve) => setTimeout(resolve, 1500))
      expect((await me(answer.json().accessToken)).statusCode).toBe(401)
    } finally {
      await brief.close()
    }
  })

  test('of the key before is still good after a rotation, and two instances make one new key', async () => {
    const {token} = await loggedIn(await signedUp())
    await postgres.query("update auth.signing_keys set active_at = active_at - interval '8 days'")
    const [one, two] = await Promise.all([1, 2].map(() => buildAuth(readSettings(authSettings, env()))))
    try {
      const keys = await Promise.all(
        [one!, two!].map(
          async (app) => (await app.inject('/.well-known/jwks.json')).json().keys as {kid: string}[],
        ),
      )
      expect(keys[0]).toHaveLength(2)
      expect(keys[1]).toEqual(keys[0])
      expect((await one!.inject({url: '/me', headers: {authorization: `Bearer ${token}`}})).statusCode).toBe(
        200,
      )
      // Published before it signs, so that nobody meets a token of a key that he has not fetched yet.
      const next = await post('/log-in', {email: await signedUp(), password}, {app: one!})
      const [head = ''] = (next.json().accessToken as string).split('.')
      const [published] = await postgres.query('select id from auth.signing_keys order by active_at limit 1')
      expect(JSON.parse(Buffer.from(head, 'base64url').toString()).kid).toBe(published!.id)
    } finally {
      await one!.close()
      await two!.close()
    }
  })

  test('has a private key that the database alone does not give away', async () => {
    const [row] = await postgres.query(
      "select encode(private_key, 'escape') as sealed from auth.signing_keys",
    )
    expect(row!.sealed).not.toContain('PRIVATE KEY')
  })
})

describe('an attacker', () => {
  test('who guesses is stopped, at any instance, and the account is open again later', async () => {
    const email = await signedUp()
    const guess = (app: App) => post('/log-in', {email, password: 'wrong password'}, {app})
    for (let n = 0; n < 10; n += 1) expect((await guess(n % 2 ? auth : second)).statusCode).toBe(401)
    expect((await guess(auth)).statusCode).toBe(429)
    expect((await post('/log-in', {email, password}, {app: second})).statusCode).toBe(429)
    await postgres.query("update auth.attempts set window_start = window_start - interval '1 hour'")
    expect((await post('/log-in', {email, password})).statusCode).toBe(200)
  })

  test('cannot tell by the answer or its time whether an address has an account', async () => {
    const email = await signedUp()
    const time = async (address: string) => {
      const started = performance.now()
      const answer = await post('/log-in', {email: address, password: 'wrong password'})
      return {ms: performance.now() - started, body: {...answer.json().error, requestId: ''}}
    }
    const known = []
    const unknown = []
    for (let n = 0; n < 9; n += 1) {
      known.push(await time(email))
      unknown.push(await time(`nobody${n}@example.net`))
    }
    expect(known[0]!.body).toEqual(unknown[0]!.body)
    // Hashing is nine tenths of the time; without it an unknown address is answered in a tenth.
    const median = (all: readonly {ms: number}[]) => all.map(({ms}) => ms).sort((a, b) => a - b)[4]!
    expect(median(unknown) / median(known)).toBeGreaterThan(0.5)
    await postgres.query('delete from auth.attempts')
  })
})

test('a log-in waits for a database that comes back, and readiness says that it was away', async () => {
  const email = await signedUp()
  await postgres.kill()
  expect((await auth.inject('/readyz')).statusCode).toBe(503)
  expect((await auth.inject('/livez')).statusCode).toBe(200)
  const waiting = post('/log-in', {email, password})
  await postgres.start()
  expect((await waiting).statusCode).toBe(200)
  expect((await auth.inject('/readyz')).statusCode).toBe(200)
}, 60_000)
