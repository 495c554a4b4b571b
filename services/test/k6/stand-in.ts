// node services/test/k6/stand-in.ts run -e NAME=VALUE … --summary-export FILE SCRIPT: takes what pp gives to k6, and plays the
// script at its rates with 40 virtual users. A stand-in for tests where k6 is not: who is busy begins late, and it is judged by
// what was answered, never by how fast.
import {once} from 'node:events'
import {writeFileSync} from 'node:fs'
import {text} from 'node:stream/consumers'
import {parseArgs} from 'node:util'
import {Worker} from 'node:worker_threads'

import type {Outcome} from './run.ts'

const users = 40
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
  const outcomes = await Promise.all(Array.from({length: users}, (_one, index) => play(index + 1, env)))
  const rates = outcomes.flatMap(({verdicts}) =>
    verdicts.filter(({condition}) => condition.startsWith('rate')),
  )
  const fails = outcomes.flatMap(({broken}) => broken).length
  const all = outcomes
    .flatMap(({verdicts}) => verdicts.filter(({metric}) => metric === 'checks'))
    .reduce((sum, {samples}) => sum + samples, 0)
  const iterations = outcomes.reduce((sum, {iterations}) => sum + iterations, 0)
  const metrics = {iterations: {count: iterations}, checks: {passes: all - fails, fails}}
  writeFileSync(values['summary-export'], JSON.stringify({metrics}))
  process.stderr.write(outcomes.flatMap(({broken}) => broken.map((line) => `${line}\n`)).join(''))
  process.exitCode = rates.every(({isMet}) => isMet) ? 0 : thresholdsFailed
}

async function play(user: number, env: Record<string, string>): Promise<Outcome> {
  const worker = new Worker(new URL('run.ts', import.meta.url), {
    argv: [script, `${user}/${users}`],
    env,
    stdout: true,
  })
  const [said] = await Promise.all([text(worker.stdout), once(worker, 'exit')])
  return JSON.parse(said) as Outcome
}
