import {once, requireUser, ServiceError, tokenVerifierOf, type App, type Database} from '@pixelpulse/common'
import {createLocalJWKSet} from 'jose'
import type {FastifyReply} from 'fastify'
import type {Counter, Histogram} from 'prom-client'
import * as z from 'zod'

import {accountById, accountOf, createAccount, hashPassword} from './accounts.ts'
import type {Attempts} from './attempts.ts'
import type {Keys} from './keys.ts'
import type {Session, Sessions} from './sessions.ts'
import type {AuthSettings} from './settings.ts'

interface Parts {
  readonly settings: AuthSettings
  readonly database: Database
  readonly keys: Keys
  readonly sessions: Sessions
  readonly attempts: Attempts
  readonly logIns: Counter<'outcome'>
  readonly hashSeconds: Histogram
}

const email = z.string().trim().toLowerCase().max(254).pipe(z.email())
/** Length is what counts (NIST SP 800-63B); the upper bound keeps hashing bounded. */
const password = z.string().min(10).max(200)
const account = z.object({id: z.uuid(), email: z.string(), name: z.string()})
const logged = z.object({accessToken: z.string(), expiresIn: z.number(), user: account})
const cookieName = 'refresh'

export async function routes(app: App, parts: Parts): Promise<void> {
  const {settings, database, keys, sessions, attempts, logIns, hashSeconds} = parts

  const timed = async <T>(work: () => Promise<T>): Promise<T> => {
    const end = hashSeconds.startTimer()
    try {
      return await work()
    } finally {
      end()
    }
  }
  const setCookie = (reply: FastifyReply, token: string, maxAge = settings.REFRESH_TOKEN_SECONDS) =>
    reply.setCookie(cookieName, token, {
      path: '/api/auth',
      httpOnly: true,
      sameSite: 'strict',
      secure: settings.SECURE_COOKIES,
      maxAge,
    })
  const answer = ({accessToken, expiresIn}: Session, user: z.output<typeof account>) => ({
    accessToken,
    expiresIn,
    user,
  })

  app.post(
    '/sign-up',
    {
      schema: {
        body: z.object({email, password, name: z.string().trim().min(1).max(100)}),
        headers: z.object({'idempotency-key': z.string().min(8).max(200).optional()}),
        response: {201: account},
      },
    },
    async (request, reply) => {
      const {email, name, password} = request.body
      const passwordHash = await timed(() => hashPassword(password))
      const {body} = await once(
        database,
        {
          schema: 'auth',
          key: request.headers['idempotency-key'],
          owner: email,
          request: {route: 'sign-up', email, name},
        },
        async (transaction) => ({
          statusCode: 201 as const,
          body: await createAccount(transaction, {email, name, passwordHash}),
        }),
      )
      return reply.code(201).send(body)
    },
  )

  app.post(
    '/log-in',
    {schema: {body: z.object({email, password: z.string().max(200)}), response: {200: logged}}},
    async (request, reply) => {
      const {email, password} = request.body
      await attempts.assertAllowed(email, request.ip)
      const user = await timed(() => accountOf(database, email, password))
      logIns.inc({outcome: user ? 'ok' : 'refused'})
      if (!user) {
        await attempts.failed(email, request.ip)
        throw new ServiceError(401, 'WRONG_CREDENTIALS', 'This address and password do not belong together.')
      }
      const session = await sessions.begin(user)
      return setCookie(reply, session.refreshToken).send(answer(session, user))
    },
  )

  app.post('/refresh', {schema: {response: {200: logged}}}, async (request, reply) => {
    const {session, account: user} = await sessions.refresh(request.cookies[cookieName] ?? '')
    return setCookie(reply, session.refreshToken).send(answer(session, user))
  })

  app.post('/log-out', {schema: {response: {204: z.null()}}}, async (request, reply) => {
    await sessions.end(request.cookies[cookieName] ?? '')
    return setCookie(reply, '', 0).code(204).send(null)
  })

  app.get(
    '/.well-known/jwks.json',
    {schema: {response: {200: z.object({keys: z.array(z.record(z.string(), z.unknown()))})}}},
    async (_request, reply) => {
      void reply.header('cache-control', 'public, max-age=60')
      return {keys: [...(await keys.published())] as Record<string, unknown>[]}
    },
  )

  await app.register(async (own: App) => {
    const verify = tokenVerifierOf(
      async (header, token) => createLocalJWKSet({keys: [...(await keys.published())]})(header, token),
      settings.AUTH_ISSUER,
    )
    await own.register(requireUser, {verify})
    own.get('/me', {schema: {response: {200: account}}}, async (request) => {
      const found = await accountById(database, request.user.id)
      if (!found) throw new ServiceError(401, 'UNAUTHENTICATED', 'This account is gone.')
      return found
    })
  })
}
