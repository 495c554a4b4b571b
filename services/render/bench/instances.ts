// node services/render/bench/instances.ts: pictures a second that one instance and two draw out of a full queue, by turns; with a
// PostgreSQL and an S3 server of its own. An instance draws one picture at once, on one core.
import {spawn, type ChildProcess} from 'node:child_process'
import {randomUUID} from 'node:crypto'
import {once} from 'node:events'
import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'
import {fileURLToPath} from 'node:url'

import {migrate, readSettings} from '@pixelpulse/common'

import {writeSection} from '../../../test/bench/section.ts'
import {showSpread, spreadOf} from '../../../test/bench/statistics.ts'
import {machineLine} from '../../test/machine.ts'
import {startKeys} from '../../test/servers/keys.ts'
import {startPostgres} from '../../test/servers/postgres.ts'
import {startStorage} from '../../test/servers/storage.ts'
import {until} from '../../test/until.ts'
import {buildRender} from '../src/build.ts'
import {migrateQueue} from '../src/queue.ts'
import {renderSettings} from '../src/settings.ts'
import {scenes} from '../test/scenes.ts'

const rounds = Number(process.env.ROUNDS ?? 5)
const pictures = Number(process.env.PICTURES ?? 40)
const goal = 1.8

const [postgres, storage, keys] = await Promise.all([startPostgres(), startStorage(), startKeys()])
/** Stands for `projects`: one design, which everybody may see. */
const projects = createServer((_request, response) =>
  response.end(JSON.stringify({version: 1, scene: scenes.effects, assets: []})),
).listen(0, '127.0.0.1')
await once(projects, 'listening')
const env = {
  DATABASE_URL: postgres.url,
  LOG_LEVEL: 'silent',
  HOST: '127.0.0.1',
  PORT: '0',
  PROJECTS_URL: `http://127.0.0.1:${(projects.address() as AddressInfo).port}`,
  ...storage.settings,
  ...keys.settings,
}
const folder = fileURLToPath(new URL('../migrations', import.meta.url))
await migrate({url: postgres.url, schema: 'render', folder})
await migrateQueue(readSettings(renderSettings, env))
const app = await buildRender(readSettings(renderSettings, {...env, RENDER_JOBS: '0'}))
const authorization = `Bearer ${await keys.tokenOf({id: randomUUID(), name: 'Ada'}, '1h')}`

const rates = {one: [] as number[], two: [] as number[]}
for (let round = 0; round < rounds; round += 1) {
  rates.one.push(await picturesPerSecond(1))
  rates.two.push(await picturesPerSecond(2))
}
await app.close()
projects.close()
await Promise.all([postgres.remove(), storage.remove(), keys.close()])

const [one, two] = [spreadOf(rates.one), spreadOf(rates.two)]
const ratio = two.median / one.median
const markdown = [
  '### Instances of render',
  '',
  machineLine(),
  '',
  `${pictures} pictures of 1600 × 1000 in the queue, ${rounds} rounds by turns. Pictures a second while all instances draw, min / **median** / p95 / max.`,
  '',
  '| instances | pictures a second |',
  '| --: | --- |',
  `| 1 | ${showSpread(one)} |`,
  `| 2 | ${showSpread(two)} |`,
  '',
  `- Ratio of the medians **${ratio.toFixed(2)}** (goal ≥ ${goal}: ${ratio >= goal ? 'met' : 'missed'}).`,
].join('\n')
console.log(markdown)
writeSection('bench:instances', markdown)

/** From the moment in which all instances draw until the queue is empty. */
async function picturesPerSecond(instances: number): Promise<number> {
  await postgres.query('delete from render.renders')
  const designId = randomUUID()
  for (let n = 0; n < pictures; n += 1) {
    const payload = {designId, format: 'png', width: 1600}
    const {statusCode} = await app.inject({
      method: 'POST',
      url: '/renders',
      payload,
      headers: {authorization},
    })
    if (statusCode !== 202) throw new Error(`an order was answered with ${statusCode}`)
  }
  const workers = Array.from({length: instances}, startWorker)
  await Promise.all(workers.map((worker) => once(worker, 'message')))
  const [{now: started}] = (await postgres.query('select clock_timestamp() as now')) as [{now: Date}]
  await until('the pictures', isEmpty, 300)
  for (const worker of workers) worker.kill('SIGKILL')
  const done = await postgres.query("select finished_at from render.renders where state = 'done' order by 1")
  if (done.length !== pictures) throw new Error(`${done.length} of ${pictures} pictures came`)
  const times = done.map(({finished_at: at}) => (at as Date).getTime()).filter((ms) => ms > started.getTime())
  const [first = Number.NaN, last = Number.NaN] = [times.at(0), times.at(-1)]
  return ((times.length - 1) * 1000) / (last - first)
}

function startWorker(): ChildProcess {
  const main = fileURLToPath(new URL('instance.ts', import.meta.url))
  return spawn(process.execPath, [main], {
    env: {...process.env, ...storage.env, ...env, RENDER_JOBS: '1'},
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
}

async function isEmpty(): Promise<boolean> {
  const waiting = await postgres.query(
    "select from render.renders where state in ('queued', 'active') limit 1",
  )
  return waiting.length === 0
}
