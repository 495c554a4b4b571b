import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test} from '@jest/globals'
import {randomUUID} from 'node:crypto'
import {once} from 'node:events'
import {createServer, type Server} from 'node:http'
import type {AddressInfo} from 'node:net'

import {
  exportJWK,
  exportSPKI,
  generateKeyPair,
  SignJWT,
  UnsecuredJWT,
  type CryptoKey,
  type JWTPayload,
} from 'jose'

import {createApp, type App} from '../src/app.ts'
import {requireUser, tokenAudience, tokenVerifier, type TokenVerifier} from '../src/tokens.ts'

const issuer = 'pixelpulse'
const ada = {id: randomUUID(), name: 'Ada'}
let ours: {privateKey: CryptoKey; publicKey: CryptoKey}
let others: typeof ours
/** Stands for auth: publishes what it is told to, or nothing. */
let auth: Server
let published: {status: number; body: string}
let fetches: number
let verify: TokenVerifier
let keysKnown: () => Promise<void>

beforeAll(async () => {
  ours = await generateKeyPair('EdDSA', {extractable: true})
  others = await generateKeyPair('EdDSA')
})
beforeEach(async () => {
  published = {status: 200, body: await keySet({first: ours.publicKey})}
  fetches = 0
  auth = createServer((_request, response) => {
    fetches += 1
    response.writeHead(published.status, {connection: 'close'}).end(published.body)
  }).listen(0, '127.0.0.1')
  await once(auth, 'listening')
  const {port} = auth.address() as AddressInfo
  const settings = {AUTH_JWKS_URL: `http://127.0.0.1:${port}/jwks.json`, AUTH_ISSUER: issuer}
  ;({verify, keysKnown} = tokenVerifier(settings))
})
afterEach(() => {
  jest.restoreAllMocks()
  auth.close()
})

async function keySet(keys: Record<string, CryptoKey>): Promise<string> {
  const all = Object.entries(keys).map(async ([kid, key]) => ({...(await exportJWK(key)), kid, alg: 'EdDSA'}))
  return JSON.stringify({keys: await Promise.all(all)})
}

const claims = (more: JWTPayload = {}): JWTPayload => ({
  sub: ada.id,
  name: ada.name,
  iss: issuer,
  aud: tokenAudience,
  exp: Math.floor(Date.now() / 1000) + 3600,
  ...more,
})
const signed = (payload: JWTPayload = claims(), {kid = 'first', key = ours.privateKey} = {}) =>
  new SignJWT(payload).setProtectedHeader({alg: 'EdDSA', kid}).sign(key)

const without = (claim: string): JWTPayload =>
  Object.fromEntries(Object.entries(claims()).filter(([name]) => name !== claim))

async function signedWithThePublicKey(): Promise<string> {
  const secret = new TextEncoder().encode(await exportSPKI(ours.publicKey))
  return new SignJWT(claims()).setProtectedHeader({alg: 'HS256', kid: 'first'}).sign(secret)
}

async function altered(): Promise<string> {
  const [head, , signature] = (await signed()).split('.')
  const payload = Buffer.from(JSON.stringify(claims({sub: randomUUID()}))).toString('base64url')
  return [head, payload, signature].join('.')
}

/** The way to auth is broken from now on. */
async function goAway(): Promise<void> {
  auth.closeAllConnections()
  auth.close()
  await once(auth, 'close')
}

const refused = {statusCode: 401, code: 'UNAUTHENTICATED'}
const unknown = {statusCode: 503, code: 'KEYS_AWAY'}

test('a token of ours says who asks; the keys are fetched once', async () => {
  expect(await verify(await signed())).toEqual(ada)
  expect(await verify(await signed())).toEqual(ada)
  expect(fetches).toBe(1)
})

test.each([
  {name: 'that has expired', token: () => signed(claims({exp: Math.floor(Date.now() / 1000) - 1}))},
  {name: 'that never expires', token: () => signed(without('exp'))},
  {name: 'of nobody', token: () => signed(without('sub'))},
  {name: 'of another issuer', token: () => signed(claims({iss: 'somebody'}))},
  {name: 'for another audience', token: () => signed(claims({aud: 'billing'}))},
  {name: 'signed with another key', token: () => signed(claims(), {key: others.privateKey})},
  {name: 'signed with a key that was never published', token: () => signed(claims(), {kid: 'unknown'})},
  {name: 'whose user was altered', token: altered},
  {
    name: 'without a signature (alg: none)',
    token: () => Promise.resolve(new UnsecuredJWT(claims()).encode()),
  },
  {name: 'signed by HS256 with the public key', token: signedWithThePublicKey},
  {name: 'that is none', token: () => Promise.resolve('a.b.c')},
])('a token $name is refused', async ({token}) => {
  await expect(verify(await token())).rejects.toMatchObject(refused)
  // Not because everything is refused.
  expect(await verify(await signed())).toEqual(ada)
})

test('a key that is new is fetched when a token names it', async () => {
  await verify(await signed())
  published.body = await keySet({first: ours.publicKey, second: others.publicKey})
  const later = Date.now() + 10_000
  jest.spyOn(Date, 'now').mockImplementation(() => later)
  expect(await verify(await signed(claims(), {kid: 'second', key: others.privateKey}))).toEqual(ada)
})

test('the keys are known once they have been fetched, and stay so while auth is away', async () => {
  published.status = 503
  await expect(keysKnown()).rejects.toThrow()
  published.status = 200
  await keysKnown()
  await goAway()
  await keysKnown()
  expect(await verify(await signed())).toEqual(ada)
})

describe('while auth is away', () => {
  test('tokens of known keys go on', async () => {
    await verify(await signed())
    await goAway()
    expect(await verify(await signed())).toEqual(ada)
  })

  test('they go on also when the keys would be fetched anew, however long it takes', async () => {
    await verify(await signed())
    await goAway()
    const expired = await signed(claims({exp: Math.floor(Date.now() / 1000) - 1}))
    const token = await signed()
    const later = Date.now() + 20 * 60_000
    jest.spyOn(Date, 'now').mockImplementation(() => later)
    expect(await verify(token)).toEqual(ada)
    await expect(verify(expired)).rejects.toMatchObject(refused)
    await expect(verify(await signed(claims(), {key: others.privateKey}))).rejects.toMatchObject(refused)
  })

  test('nobody knows of a key that was not seen yet: the caller may try again', async () => {
    await verify(await signed())
    await goAway()
    const later = Date.now() + 20 * 60_000
    jest.spyOn(Date, 'now').mockImplementation(() => later)
    await expect(verify(await signed(claims(), {kid: 'second'}))).rejects.toMatchObject(unknown)
  })

  test('from the beginning, nobody is logged out: 503, and it goes on when auth is there', async () => {
    published.status = 503
    await expect(verify(await signed())).rejects.toMatchObject(unknown)
    published = {status: 200, body: '<title>Proxy</title>'}
    await expect(verify(await signed())).rejects.toMatchObject(unknown)
    published.body = '{"status":"starting"}'
    await expect(verify(await signed())).rejects.toMatchObject(unknown)
    published.body = await keySet({first: ours.publicKey})
    expect(await verify(await signed())).toEqual(ada)
  })
})

describe('a route that needs a user', () => {
  let app: App
  beforeEach(async () => {
    app = await createApp({name: 'sample', logLevel: 'silent'})
    await app.register(requireUser, {verify})
    app.get('/me', async ({user}) => user)
  })
  afterAll(() => app.close())

  test('knows who asks', async () => {
    const answer = await app.inject({url: '/me', headers: {authorization: `Bearer ${await signed()}`}})
    expect([answer.statusCode, answer.json()]).toEqual([200, ada])
  })

  test.each(['', 'Bearer ', 'Basic YWRhOnNlY3JldA==', 'Bearer a b'])(
    'is not for %j',
    async (authorization) => {
      const answer = await app.inject({url: '/me', headers: {authorization}})
      expect(answer.statusCode).toBe(401)
      expect(answer.json()).toMatchObject({error: {code: 'UNAUTHENTICATED'}})
    },
  )
})
