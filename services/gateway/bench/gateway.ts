// node services/gateway/bench/gateway.ts: what the gateway adds to a request, beside the same request sent to projects directly,
// and what checking a token costs; by turns, one request after the other over connections that stay open. Needs `npm run
// services` to run.
import {tokenVerifier} from '@pixelpulse/common'

import {spreadOf} from '../../../test/bench/statistics.ts'
import {writeSection} from '../../../test/bench/section.ts'
import {api, loggedIn} from '../../test/api.ts'
import {machineLine} from '../../test/machine.ts'

const rounds = Number(process.env.ROUNDS ?? 500)
const token = await loggedIn()
const {id} = (await api('POST', '/designs', {title: 'Poster'}, token)) as {id: string}

const direct: number[] = []
const through: number[] = []
for (let round = 0; round < rounds; round += 1) {
  direct.push(await timed(() => ask(`http://127.0.0.1:8082/designs/${id}`)))
  through.push(await timed(() => ask(`http://127.0.0.1:8080/api/designs/${id}`)))
  // Below the limit of requests a minute.
  if (round % 15 === 14) await new Promise((resolve) => setTimeout(resolve, 750))
}
const verify = tokenVerifier({
  AUTH_JWKS_URL: 'http://127.0.0.1:8081/.well-known/jwks.json',
  AUTH_ISSUER: 'pixelpulse',
})
const checks: number[] = []
for (let round = 0; round < rounds; round += 1) checks.push(await timed(() => verify(token)))

const [one, other, check] = [through, direct, checks].map((all) => spreadOf(all).median) as [
  number,
  number,
  number,
]
const markdown = [
  '## The gateway',
  '',
  machineLine(),
  '',
  `\`GET /designs/ID\`, medians of ${rounds} by turns.`,
  '',
  '| | ms | goal |',
  '| --- | --: | --- |',
  `| \`projects\` directly | ${other.toFixed(2)} | |`,
  `| through the gateway | ${one.toFixed(2)} | ${(one / other).toFixed(2)} × (≤ 1.2) |`,
  `| checking a token | ${check.toFixed(3)} | ≤ 0.2 |`,
].join('\n')
console.log(markdown)
writeSection('bench:gateway', markdown)

async function ask(url: string): Promise<void> {
  const answer = await fetch(url, {headers: {authorization: `Bearer ${token}`}})
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`)
  await answer.arrayBuffer()
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}
