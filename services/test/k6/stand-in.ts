// node services/test/k6/stand-in.ts run -e NAME=VALUE … --summary-export FILE SCRIPT: takes what pp gives to k6, and plays the
// script by 24 virtual users at once, each of them a few times. A stand-in for tests where k6 is not: it keeps to no rate, and
// judges by what was answered, never by how fast.
import {once} from 'node:events'
import {writeFileSync} from 'node:fs'
import {text} from 'node:stream/consumers'
import {parseArgs} from 'node:util'
import {Worker} from 'node:worker_threads'

import type {Outcome} from './run.ts'

const users = 24
const iterations = 3
const thresholdsFailed = 99

const {values, positionals} = parseArgs({
  allowPositionals: true,
  options: {
    env: {type: 'string', short: 'e', multiple: true, default: []},
    'summary-export': {type: 'string', default: '/dev/null'},
    quiet: {type: 'boolean'},
    'no-usage-report': {type: 'boolean'},
  },
})
const [verb, script = ''] = positionals
if (verb === 'version') console.log('a stand-in for k6')
else await run()

async function run(): Promise<void> {
  const variables = Object.fromEntries(values.env.map((one) => one.split(/=(.*)/s).slice(0, 2)))
  const env = {...process.env, ...variables, USERS: '1', THINK: '0.02'} as Record<string, string>
  const outcomes = await Promise.all(Array.from({length: users}, () => play(env)))
  const rates = outcomes.flatMap(({verdicts}) =>
    verdicts.filter(({condition}) => condition.startsWith('rate')),
  )
  const fails = outcomes.flatMap(({broken}) => broken).length
  const all = outcomes
    .flatMap(({verdicts}) => verdicts.filter(({metric}) => metric === 'checks'))
    .reduce((sum, {samples}) => sum + samples, 0)
  const metrics = {iterations: {count: users * iterations}, checks: {passes: all - fails, fails}}
  writeFileSync(values['summary-export'], JSON.stringify({metrics}))
  process.stderr.write(outcomes.flatMap(({broken}) => broken.map((line) => `${line}\n`)).join(''))
  process.exitCode = rates.every(({isMet}) => isMet) ? 0 : thresholdsFailed
}

async function play(env: Record<string, string>): Promise<Outcome> {
  const user = new Worker(new URL('run.ts', import.meta.url), {
    argv: [script, String(iterations)],
    env,
    stdout: true,
  })
  const [said] = await Promise.all([text(user.stdout), once(user, 'exit')])
  return JSON.parse(said) as Outcome
}
