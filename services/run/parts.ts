import {mkdirSync} from 'node:fs'
import path from 'node:path'
import {fileURLToPath} from 'node:url'

import type {Name, withDatabase} from '../names.ts'
import type {Program} from './child.ts'
import {folder, host, ports, urlOf, type PartName} from './places.ts'
import {secret} from './secrets.ts'

const services = fileURLToPath(new URL('..', import.meta.url))
const bucket = 'pixelpulse'

/** What all services read; each takes its own. Nothing of it is an argument. */
export function environment(databaseUrl: string): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    HOME: process.env.HOME ?? '',
    NODE_ENV: 'production',
    HOST: host,
    DATABASE_URL: databaseUrl,
    AUTH_KEY_SECRET: secret('auth-key'),
    SECURE_COOKIES: 'false',
    AUTH_JWKS_URL: `${urlOf('auth')}/.well-known/jwks.json`,
    AUTH_URL: urlOf('auth'),
    PROJECTS_URL: urlOf('projects'),
    RENDER_URL: urlOf('render'),
    COLLAB_URL: urlOf('collab'),
    S3_BUCKET: bucket,
    S3_REGION: 'us-east-1',
    S3_ENDPOINT: urlOf('s3'),
    S3_PUBLIC_ENDPOINT: urlOf('s3'),
    AWS_ACCESS_KEY_ID: 'pixelpulse',
    AWS_SECRET_ACCESS_KEY: secret('s3'),
    ...limits(),
  }
}

/** A load test comes from one address, and has them raised. */
const limits = () =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => name.startsWith('REQUESTS_PER_')),
  ) as Record<string, string>

export function s3(program: string): Program {
  const objects = path.join(folder, 'objects')
  mkdirSync(objects, {recursive: true})
  return {
    name: 's3',
    argv: [
      program,
      ...['--port', `${host}:${ports.s3}`, '--quiet', '--cors-allow-origin', urlOf('gateway')],
      ...['--event-webhook-url', `${urlOf('thumbnails')}/events`],
      ...['posix', objects],
    ],
    env: {ROOT_ACCESS_KEY: 'pixelpulse', ROOT_SECRET_KEY: secret('s3')},
    stopSignal: 'SIGTERM',
  }
}

export function service(name: Name, databaseUrl: string): Program {
  const main = name === 'thumbnails' ? 'local.ts' : 'main.ts'
  return {
    name,
    argv: [process.execPath, path.join(services, name, 'src', main)],
    env: {...environment(databaseUrl), PORT: String(ports[name])},
    stopSignal: 'SIGTERM',
  }
}

/** The program that brings a service's schema up to date. */
export const migration = (name: (typeof withDatabase)[number]): string =>
  path.join(services, name, 'src/migrate.ts')

export const isUp = (name: PartName): Promise<boolean> =>
  fetch(`${urlOf(name)}/readyz`, {
    signal: AbortSignal.timeout(2000),
  }).then(
    ({ok}) => ok,
    () => false,
  )
