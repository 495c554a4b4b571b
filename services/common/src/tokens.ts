import fastifyPlugin from 'fastify-plugin'
import {createLocalJWKSet, createRemoteJWKSet, errors, jwtVerify, type JWTVerifyGetKey} from 'jose'
import type * as z from 'zod'

import {ServiceError} from './errors.ts'
import type {tokenSettings} from './settings.ts'

/** Who asks, as a token of `auth` says. */
export interface User {
  readonly id: string
  readonly name: string
}

/** The only algorithm that is accepted, whatever a token's head says. */
export const tokenAlgorithm = 'EdDSA'
export const tokenAudience = 'pixelpulse'

export type TokenVerifier = (token: string) => Promise<User>

/** How long a token that was found good is taken for good. The keys that it was checked with are kept for longer. */
const rememberedMs = 60_000
const rememberedTokens = 10_000

export interface RemoteVerifier {
  readonly verify: TokenVerifier
  /** For `/readyz`: throws until the keys have been fetched once. Who has none refuses everybody. */
  readonly keysKnown: () => Promise<void>
}

/** Checks tokens with the keys that auth publishes, fetched when they are needed and kept for as long as it is away. */
export function tokenVerifier({AUTH_JWKS_URL, AUTH_ISSUER}: z.output<typeof tokenSettings>): RemoteVerifier {
  const keys = createRemoteJWKSet(new URL(AUTH_JWKS_URL), {
    timeoutDuration: 2000,
    cooldownDuration: 5000,
    cacheMaxAge: 600_000,
  })
  const keyOf: JWTVerifyGetKey = async (head, token) => {
    try {
      return await keys(head, token)
    } catch (error) {
      const known = keys.jwks()
      if (isRefusal(error) || !known) throw error
      // What is not known may have been published meanwhile.
      return createLocalJWKSet(known)(head, token).catch(() => Promise.reject(error as Error))
    }
  }
  return {
    verify: remembering(checkOf(keyOf, AUTH_ISSUER)),
    async keysKnown() {
      if (!keys.jwks()) await keys.reload()
    },
  }
}

/** @returns a function that throws ServiceError UNAUTHENTICATED (401), or KEYS_AWAY (503) while the keys cannot be fetched. */
export function tokenVerifierOf(keys: JWTVerifyGetKey, issuer: string): TokenVerifier {
  const check = checkOf(keys, issuer)
  return async (token) => (await check(token)).user
}

interface Checked {
  readonly user: User
  readonly untilMs: number
}

/** A page shows the same token with each of its requests; a signature costs more to check than all else that is done here. */
function remembering(check: (token: string) => Promise<Checked>): TokenVerifier {
  const known = new Map<string, Checked>()
  return async (token) => {
    const before = known.get(token)
    if (before && Date.now() < before.untilMs) return before.user
    const {user, untilMs} = await check(token)
    known.delete(token)
    for (const oldest of known.keys()) {
      if (known.size < rememberedTokens) break
      known.delete(oldest)
    }
    known.set(token, {user, untilMs: Math.min(untilMs, Date.now() + rememberedMs)})
    return user
  }
}

function checkOf(keys: JWTVerifyGetKey, issuer: string): (token: string) => Promise<Checked> {
  return async (token) => {
    try {
      const {payload} = await jwtVerify(token, keys, {
        issuer,
        audience: tokenAudience,
        algorithms: [tokenAlgorithm],
        requiredClaims: ['sub', 'exp'],
      })
      const user = {id: payload.sub ?? '', name: typeof payload.name === 'string' ? payload.name : ''}
      return {user, untilMs: (payload.exp ?? 0) * 1000}
    } catch (error) {
      throw isRefusal(error) ? unauthenticated(error) : keysAway(error)
    }
  }
}

/** Whether the token is at fault and not the way to the keys. */
function isRefusal(error: unknown): boolean {
  return (
    error instanceof errors.JOSEError &&
    !(error instanceof errors.JWKSTimeout) &&
    !(error instanceof errors.JWKSInvalid) &&
    error.code !== 'ERR_JOSE_GENERIC'
  )
}

const unauthenticated = (cause?: unknown) =>
  new ServiceError(401, 'UNAUTHENTICATED', 'Log in again: the token is missing, expired or not ours.', {
    cause,
  })
const keysAway = (cause: unknown) =>
  new ServiceError(503, 'KEYS_AWAY', 'Tokens cannot be checked now. Try again.', {cause})

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; set by `requireUser` before any handler of its scope runs. */
    user: User
    /** The token itself, to act for its user elsewhere. */
    token: string
  }
}

/** Every route of the scope needs `Authorization: Bearer …`. */
export const requireUser = fastifyPlugin((app, {verify}: {verify: TokenVerifier}, done) => {
  app.decorateRequest('user')
  app.decorateRequest('token')
  app.addHook('onRequest', async (request) => {
    const [, token] = /^Bearer ([\w.-]+)$/i.exec(request.headers.authorization ?? '') ?? []
    if (token === undefined) throw unauthenticated()
    request.user = await verify(token)
    request.token = token
  })
  done()
})
