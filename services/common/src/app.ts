import {randomUUID} from 'node:crypto'

import swagger from '@fastify/swagger'
import {trace} from '@opentelemetry/api'
import Fastify, {type FastifyError, type FastifyInstance, type RawServerDefault} from 'fastify'
import {
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod'
import type {FastifyBaseLogger} from 'fastify'
import type {IncomingMessage, ServerResponse} from 'node:http'

import {isAway} from './database-errors.ts'
import {ServiceError} from './errors.ts'
import {health, type Checks} from './health.ts'
import {metrics} from './metrics.ts'
import {requestSpans} from './request-spans.ts'

/** A server whose routes have zod schemas: `schema: {body, params, querystring, response}`. */
export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>

export interface AppOptions {
  readonly name: string
  readonly logLevel: string
  readonly checks?: Checks
  readonly bodyLimitBytes?: number
  /** How many proxies stand before it, whose X-Forwarded-For is believed; true: whoever can reach it is one. */
  readonly trustedProxies?: number | true
}

/** Logs, request ids, metrics, traces, health and the OpenAPI document (`GET /openapi.json`) of a service. */
export async function createApp({
  name,
  logLevel,
  checks = {},
  bodyLimitBytes = 1_048_576,
  trustedProxies = true,
}: AppOptions): Promise<App> {
  const app = Fastify({
    bodyLimit: bodyLimitBytes,
    trustProxy: trustedProxies === true ? true : (_address, hop) => hop < trustedProxies,
    requestIdHeader: false,
    genReqId: (request) => requestId(request.headers['x-request-id']),
    logger: {
      level: logLevel,
      base: {service: name},
      redact: ['req.headers.authorization', 'req.headers.cookie', 'res.headers["set-cookie"]'],
      mixin: traceIds,
    },
  }).withTypeProvider<ZodTypeProvider>()
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.setErrorHandler(answerError)
  app.addHook('onRequest', async (request, reply) => void reply.header('x-request-id', request.id))
  await app.register(requestSpans())
  await app.register(metrics, {service: name})
  await app.register(health, {checks})
  await app.register(swagger, {
    openapi: {info: {title: `PixelPulse ${name}`, version: '1'}},
    transform: jsonSchemaTransform,
  })
  app.get('/openapi.json', {schema: {hide: true}}, async () => app.swagger())
  return app
}

/** A caller's own, if it is one that can be searched for in logs; else a new one. */
function requestId(given: string | string[] | undefined): string {
  return typeof given === 'string' && /^[\w-]{8,64}$/.test(given) ? given : randomUUID()
}

function traceIds(): object {
  const context = trace.getActiveSpan()?.spanContext()
  return context ? {trace_id: context.traceId, span_id: context.spanId} : {}
}

function answerError(
  this: FastifyInstance,
  error: FastifyError | ServiceError,
  request: {log: FastifyBaseLogger; id: string},
  reply: {code(status: number): {send(body: object): unknown}; header(name: string, value: string): unknown},
): void {
  const {statusCode, code, message} = answerOf(error)
  if (statusCode >= 500) request.log.error({err: error}, message)
  if (statusCode === 503) reply.header('retry-after', '1')
  reply.code(statusCode).send({error: {code, message, requestId: request.id}})
}

function answerOf(error: FastifyError | ServiceError): {statusCode: number; code: string; message: string} {
  if (error instanceof ServiceError) return error
  if (isAway(error))
    return {statusCode: 503, code: 'DATABASE_AWAY', message: 'The database does not answer. Try again.'}
  if (error.validation) return {statusCode: 400, code: 'INVALID', message: error.message}
  const {statusCode = 500, code, message} = error
  return statusCode < 500
    ? {statusCode, code, message}
    : {
        statusCode: 500,
        code: 'INTERNAL',
        message: 'This failed for a reason of ours; the log has it under the request id.',
      }
}
