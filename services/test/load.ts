import {expect, test} from '@jest/globals'
import {execFile} from 'node:child_process'
import {fileURLToPath} from 'node:url'
import {promisify} from 'node:util'

import type {Outcome} from './k6/run.ts'

const services = fileURLToPath(new URL('..', import.meta.url))

/** The load tests of k6 against running services, with a stand-in for k6. */
export function underLoadTests(): void {
  test.each(['gateway', 'auth', 'projects', 'render', 'collab'])(
    'the load test of %s finds what it asks for, and measures what it sets limits to',
    async (name) => {
      const {broken, verdicts, growth} = await run(name)
      expect(broken).toEqual([])
      expect(verdicts.filter(({samples}) => samples === 0)).toEqual([])
      // Times are not asserted: the machine of a test may be busy.
      const rates = verdicts.filter(({condition}) => condition.startsWith('rate'))
      expect(rates).toMatchObject([
        {metric: 'http_req_failed', isMet: true},
        {metric: 'checks', isMet: true},
      ])
      expect(growth).toEqual({base: 1, surge: 4})
    },
    120_000,
  )
}

async function run(name: string): Promise<Outcome> {
  const {stdout} = await promisify(execFile)(
    process.execPath,
    [`${services}/test/k6/run.ts`, `${services}/${name}/load.js`, '2'],
    {env: {...process.env, NODE_OPTIONS: '', USERS: '2', THINK: '0.1'}},
  )
  return JSON.parse(stdout) as Outcome
}
