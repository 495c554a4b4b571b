// node services/gateway/bench/gateway.ts: what the gateway adds to a request, beside the same request sent to projects directly and
// through a proxy that does nothing; by turns, one request after the other over connections that stay open. Starts the
// services itself.
import {fork} from 'node:child_process'
import {once} from 'node:events'
import {fileURLToPath} from 'node:url'

import {writeSection} from '../../../test/bench/section.ts'
import {spreadOf} from '../../../test/bench/statistics.ts'
import {freePort} from '../../../test/free-port.ts'
import {api, loggedIn} from '../../test/api.ts'
import {machineLine} from '../../test/machine.ts'
import {startServices} from '../../test/running.ts'

const rounds = Number(process.env.ROUNDS ?? 400)
const warmUpRounds = 100
const goal = 1.2
// Asked as fast as it answers.
process.env.REQUESTS_PER_USER = '10000000'

const projects = 'http://127.0.0.1:8082'
const barePort = await freePort()
const services = await startServices()
const bare = fork(fileURLToPath(new URL('bare.ts', import.meta.url)), [String(barePort), projects])
try {
  await once(bare, 'message')
  const markdown = await measured()
  console.log(markdown)
  writeSection('bench:gateway', markdown)
} finally {
  bare.kill()
  await services.remove()
}

interface Case {
  readonly title: string
  readonly ask: (base: string) => Promise<void>
}

async function measured(): Promise<string> {
  const token = await loggedIn()
  const cases = await casesOf(token)
  const rows: string[] = []
  for (const {title, ask} of cases) {
    const bases = [projects, 'http://127.0.0.1:8080/api', `http://127.0.0.1:${barePort}/api`]
    const taken = bases.map(() => [] as number[])
    for (let round = -warmUpRounds; round < rounds; round += 1) {
      for (const [index, base] of bases.entries()) {
        const started = performance.now()
        await ask(base)
        if (round >= 0) taken[index]?.push(performance.now() - started)
      }
    }
    const [direct = 0, through = 0, least = 0] = taken.map((all) => spreadOf(all).median)
    const cells = [direct, through, least].map((ms) => ms.toFixed(2))
    const verdict = `${(through / direct).toFixed(2)} (${through / direct <= goal ? 'met' : 'missed'})`
    rows.push(`| ${[title, ...cells, verdict, (least / direct).toFixed(2)].join(' | ')} |`)
  }
  return [
    '### The gateway',
    '',
    machineLine(),
    '',
    `Medians of ${rounds} by turns, ms. Bare: a proxy of \`node:http\` that looks at nothing. Goal: at most ${goal} × of the direct call.`,
    '',
    '| request | `projects` directly | gateway | bare | gateway ÷ direct | bare ÷ direct |',
    '| --- | --: | --: | --: | --: | --: |',
    ...rows,
  ].join('\n')
}

async function casesOf(token: string): Promise<readonly Case[]> {
  const [empty, poster] = (await Promise.all(
    [0, 200].map((layers) => api('POST', '/designs', {title: 'Poster', scene: sceneOf(layers)}, token)),
  )) as [Made, Made]
  let {version} = poster
  return [
    {title: 'read an empty design', ask: (base) => ask('GET', `${base}/designs/${empty.id}`, token)},
    {title: 'read one of 200 layers', ask: (base) => ask('GET', `${base}/designs/${poster.id}`, token)},
    {
      title: 'save one of 200 layers',
      async ask(base) {
        await ask('PUT', `${base}/designs/${poster.id}/scene`, token, {
          scene: sceneOf(200),
          baseVersion: version,
        })
        version += 1
      },
    },
  ]
}

interface Made {
  readonly id: string
  readonly version: number
}

function sceneOf(layers: number): object {
  const layer = {
    kind: 'text',
    text: 'Pixels and their pulse',
    fontSize: 28,
    fill: '#0b3c49',
    width: 180,
    height: 90,
  }
  return {
    width: 1200,
    height: 800,
    layers: Array.from({length: layers}, (_, index) => ({...layer, id: `l${index}`, x: index, y: index * 3})),
  }
}

async function ask(method: string, url: string, token: string, body?: object): Promise<void> {
  const answer = await fetch(url, {
    method,
    headers: {authorization: `Bearer ${token}`, ...(body && {'content-type': 'application/json'})},
    body: body ? JSON.stringify(body) : null,
  })
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`)
  await answer.arrayBuffer()
}
