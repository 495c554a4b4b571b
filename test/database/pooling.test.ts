// Clients are let go before the guards are disarmed.
import {expect, test} from '@jest/globals'

import type {Acting} from '../../src/lib/database/mandate.ts'
import {routePoolers} from '../../src/lib/database/pooling.ts'

/** A process where a PAUSE comes late, after so many RESUMEs. */
function pooler(latePauses: number) {
  let resumes = 0
  const process = {
    host: 'edge1',
    process: 'main-1',
    reloadAndResume: () => {
      resumes++
      return Promise.resolve()
    },
    databases: () =>
      Promise.resolve([
        {name: 'app', host: 'db2', isPaused: false},
        {name: 'other', host: 'db2', isPaused: resumes <= latePauses},
        {name: 'of another cluster', host: 'db9', isPaused: true},
      ]),
  }
  const cluster = {database: {applicationDatabases: ['app', 'other']}, poolers: () => [process]}
  return {acting: {cluster} as unknown as Acting, resumes: () => resumes}
}
const route = (acting: Acting) => routePoolers(acting, 'db2', ['edge1'], new Set(['edge1']))

test('an entry that a late PAUSE has stopped again is resumed again', async () => {
  const {acting, resumes} = pooler(1)
  await route(acting)
  expect(resumes()).toBe(2)
})

test('an entry that stays paused is no success', async () => {
  await expect(route(pooler(9).acting)).rejects.toMatchObject({code: 'POOLER_STILL_PAUSED'})
})
