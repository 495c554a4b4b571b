import {expect, test} from '@jest/globals'
import * as z from 'zod'

import {
  databaseSettings,
  readSettings,
  serverSettings,
  SettingsError,
  tokenSettings,
} from '../src/settings.ts'

function linesOf(schema: z.ZodType, env: Record<string, string>): string[] {
  try {
    readSettings(schema, env)
  } catch (error) {
    if (error instanceof SettingsError) return error.message.split('\n')
    throw error
  }
  throw new Error('nothing is wrong with them')
}

test('what is not set has its default', () => {
  expect(readSettings(serverSettings, {})).toEqual({
    HOST: '0.0.0.0',
    PORT: 8080,
    LOG_LEVEL: 'info',
    DRAIN_SECONDS: 0,
    GRACE_SECONDS: 20,
  })
})

test.each(['', ' '])('what is set to nothing (%j) is not set', (nothing) => {
  expect(readSettings(serverSettings, {PORT: nothing, DRAIN_SECONDS: nothing})).toMatchObject({
    PORT: 8080,
    DRAIN_SECONDS: 0,
  })
  expect(linesOf(databaseSettings, {DATABASE_URL: nothing})).toEqual([
    expect.stringMatching(/^DATABASE_URL: .*received undefined/),
  ])
})

test('the environment may hold more than a service reads', () => {
  expect(readSettings(tokenSettings, {AUTH_JWKS_URL: 'http://auth/jwks', HOME: '/root'})).toEqual({
    AUTH_JWKS_URL: 'http://auth/jwks',
    AUTH_ISSUER: 'pixelpulse',
  })
})

test.each([
  {name: 'a port that is no number', env: {PORT: 'http'}, wrong: ['PORT']},
  {name: 'a port that is none for two reasons', env: {PORT: '70000.5'}, wrong: ['PORT']},
  {name: 'a time before now', env: {GRACE_SECONDS: '-5'}, wrong: ['GRACE_SECONDS']},
  {name: 'a level that is not there', env: {LOG_LEVEL: 'loud'}, wrong: ['LOG_LEVEL']},
  {
    name: 'several',
    env: {PORT: '-1', LOG_LEVEL: 'loud', DATABASE_URL: 'mysql://root:hunter2@db/pixelpulse'},
    wrong: ['PORT', 'LOG_LEVEL', 'DATABASE_URL'],
  },
])('$name: one line a variable, without its value', ({env, wrong}) => {
  const lines = linesOf(
    z.object({...serverSettings.shape, ...databaseSettings.partial({DATABASE_URL: true}).shape}),
    env,
  )
  expect(lines.map((line) => line.split(':')[0])).toEqual(wrong)
  for (const value of Object.values(env)) expect(lines.join('\n')).not.toContain(value)
})
