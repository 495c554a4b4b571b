// node services/auth/bench/verify.ts: what a token costs whoever is asked with it. By turns, in one process: a request without a
// check, one with a token that was seen before, and one with a token that was not.
import {randomUUID} from 'node:crypto'

import {createApp, requireUser, tokenVerifier, type App} from '@pixelpulse/common'

import {writeSection} from '../../../test/bench/section.ts'
import {spreadOf} from '../../../test/bench/statistics.ts'
import {startKeys} from '../../test/servers/keys.ts'
import {machineLine} from '../../test/machine.ts'

const rounds = Number(process.env.ROUNDS ?? 2000)
const warmUpRounds = 500
const goalMs = 0.2

const keys = await startKeys()
const app = await createApp({name: 'bench', logLevel: 'silent'})
app.get('/open', async () => ({is: 'here'}))
await app.register(async (own: App) => {
  await own.register(requireUser, tokenVerifier(keys.settings))
  own.get('/own', async () => ({is: 'here'}))
})
const seen = await keys.tokenOf({id: randomUUID(), name: 'Ada'})
const fresh = await Promise.all(
  Array.from({length: rounds + warmUpRounds}, () => keys.tokenOf({id: randomUUID(), name: 'Ada'}, '1h')),
)

const kinds = ['open', 'seen', 'fresh'] as const
const taken = {open: [] as number[], seen: [] as number[], fresh: [] as number[]}
for (const [index, token] of fresh.entries()) {
  // Each follows each of the others as often.
  for (let turn = 0; turn < kinds.length; turn += 1) {
    const kind = kinds[(index + turn * (1 + (index % 2))) % kinds.length] ?? 'open'
    const ms = await timed(kind === 'open' ? '/open' : '/own', kind === 'fresh' ? token : seen)
    if (index >= warmUpRounds) taken[kind].push(ms)
  }
}
await app.close()
await keys.close()

const [open, again, first] = [taken.open, taken.seen, taken.fresh].map((all) => spreadOf(all).median) as [
  number,
  number,
  number,
]
const row = (title: string, ms: number) => {
  const added = ms - open
  return `| ${title} | ${ms.toFixed(3)} | ${added.toFixed(3)} (${added <= goalMs ? 'met' : 'missed'}) |`
}
const markdown = [
  '### Checking a token',
  '',
  machineLine(),
  '',
  `Medians of ${rounds} requests by turns, within one process. Goal: at most ${goalMs} ms a request.`,
  '',
  '| request | ms | added by the check |',
  '| --- | --: | --: |',
  `| without a check | ${open.toFixed(3)} | |`,
  row('with a token that was seen before', again),
  row('with a new token', first),
].join('\n')
console.log(markdown)
writeSection('bench:verify', markdown)

async function timed(url: string, token: string): Promise<number> {
  const started = performance.now()
  const {statusCode} = await app.inject({url, headers: {authorization: `Bearer ${token}`}})
  if (statusCode !== 200) throw new Error(`${url}: ${statusCode}`)
  return performance.now() - started
}
