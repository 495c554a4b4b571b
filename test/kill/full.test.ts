// Scenario: an operator brings everything up in one lab, and people work in what runs there: the page, saves, pictures. The
// primary of the database is moved meanwhile: no save fails, none is lost, all pictures are drawn.
// Proves that the services run from their images, with the manifests of a site, as a cluster wants them to.
import {beforeAll, expect, test} from '@jest/globals'
import {setTimeout as sleep} from 'node:timers/promises'
import {isDeepStrictEqual} from 'node:util'

import type {Api} from '../../services/test/api.ts'
import {until} from '../../services/test/until.ts'
import {lostSaves, savedScenes, untilDrawn, work} from '../../services/test/work.ts'
import {firingAlerts} from '../../src/lib/drivers/prometheus/firing-alerts.ts'
import {queryPrometheus} from '../../src/lib/drivers/prometheus/query.ts'
import {labPrometheus} from '../../src/lib/fleet/lab-state.ts'
import {pageUrl} from '../../src/lib/lab/cluster/pages.ts'
import {inHost, labHealth, labUp, requireRecord} from '../../src/lib/lab/index.ts'
import {createProgress} from '../../src/lib/output/progress.ts'
import {FullLab} from '../in-lab/full-lab.ts'

const lab = new FullLab('f')
let services: Api

beforeAll(async () => {
  services = await lab.page('rack')
})

const kubectl = (...args: readonly string[]) => lab.kubectl('rack', ...args)

test('a second up finds all of it, changes nothing, and has the addresses of the page', async () => {
  const before = await requireRecord(lab.name)
  const pages = (['rack', 'aws'] as const).map((site) => ({site, url: pageUrl(before, site)}))
  const progress = createProgress({stream: {write: () => true}})
  expect(await labUp(lab.name, {progress})).toMatchObject({booted: [], setUp: false, primary: 'db1', pages})
  await progress.end()
  expect(await requireRecord(lab.name)).toEqual(before)
})

test('the page is there, and somebody signs up, makes a design and has a picture of it', async () => {
  const page = pageUrl(await requireRecord(lab.name))
  expect(await (await fetch(page)).text()).toContain('<title>')
  const {api, loggedIn} = services
  const token = await loggedIn()
  const {id: designId} = await api('POST', '/designs', {title: 'Poster'}, token)
  const {id} = await api('POST', '/renders', {designId, format: 'png', width: 100}, token)
  const url = await until('the picture', async () => {
    const render = await api('GET', `/renders/${id}`, undefined, token)
    return render.state === 'done' && (render.url as string)
  })
  const picture = await fetch(url)
  expect(picture.headers.get('content-type')).toBe('image/png')
})

test('Prometheus reaches every database, pooler, host and node', async () => {
  const all = (count: number): readonly number[] => Array.from({length: count}, () => 1)
  const wanted = {postgres: all(3), pgbouncer: all(2), host: all(7), node: all(4)}
  const found = async () => {
    const asked = Object.keys(wanted).map(
      async (job) =>
        [job, await queryPrometheus(labPrometheus(lab.name)!, `up{job="${job}"}`, 5000)] as const,
    )
    return Object.fromEntries(await Promise.all(asked))
  }
  await until('all to be reached', async () => isDeepStrictEqual(await found(), wanted), 60)
  // One process of edge1, two of edge2; the members tell what they are.
  expect(await queryPrometheus(labPrometheus(lab.name)!, 'pgbouncer_up', 5000)).toEqual(all(3))
  expect(await queryPrometheus(labPrometheus(lab.name)!, 'sum(pg_replication_is_replica)', 5000)).toEqual([2])
})

test('Prometheus reaches every service of both sites, all else that it is to ask, and Alertmanager', async () => {
  interface Target {
    health: string
    lastError: string
    scrapeUrl: string
    labels: {job: string; site?: string}
  }
  const wanted = [
    ...['auth', 'collab', 'gateway', 'projects', 'render'].flatMap((job) => [`${job} rack`, `${job} aws`]),
    'thumbnails rack',
  ]
  const missing = async (): Promise<readonly string[]> => {
    const {activeTargets} = await prometheusSays<{activeTargets: readonly Target[]}>('targets?state=active')
    const there = new Set(activeTargets.map(({labels: {job, site = ''}}) => `${job} ${site}`))
    const down = activeTargets.filter(({health}) => health !== 'up')
    return [
      ...wanted.filter((one) => !there.has(one)),
      ...down.map(({scrapeUrl, health, lastError}) => `${scrapeUrl} is ${health}: ${lastError}`),
    ]
  }
  await until('all to be reached', async () => (await missing()).length === 0, 120).catch(() => undefined)
  expect(await missing()).toEqual([])
  expect(await prometheusSays('alertmanagers')).toMatchObject({
    activeAlertmanagers: [{url: 'http://127.0.0.1:9093/api/v2/alerts'}],
  })
})

async function prometheusSays<T>(path: string): Promise<T> {
  const answer = await fetch(new URL(`api/v1/${path}`, labPrometheus(lab.name)))
  return ((await answer.json()) as {data: T}).data
}

test('each service runs as nobody, on a root that it cannot write', async () => {
  const pods = (await kubectl('get', 'pods', '--output=name'))
    .split('\n')
    .filter((pod) => !pod.includes('migrate'))
  expect(pods.length).toBeGreaterThanOrEqual(6)
  const look = `const {writeFileSync} = require('node:fs')
let error; try { writeFileSync('/app/x', '') } catch (thrown) { error = thrown.code }
console.log(process.getuid(), error)`
  for (const pod of pods) expect(await kubectl('exec', pod, '--', 'node', '-e', look)).toBe('65532 EROFS')
})

test('render runs on its own pool', async () => {
  const nodes = await kubectl(
    ...[
      'get',
      'pods',
      '--selector=app.kubernetes.io/name=render',
      '--output=jsonpath={.items[*].spec.nodeName}',
    ],
  )
  expect(new Set(nodes.split(' '))).toEqual(new Set(['node2']))
})

test('pp scale says what fits, and the scheduler agrees', async () => {
  const planned = await lab.pp(['scale', 'projects', '3', '--plan', '--json'])
  expect(planned).toMatchObject({exitCode: 0})
  const short = await lab.pp(['scale', 'projects', '900', '--plan'])
  expect(short.exitCode).toBe(3)
  expect(short.stderr).toContain('CAPACITY_SHORT')
  await kubectl('scale', 'deployment/projects', '--replicas=3')
  await kubectl('rollout', 'status', 'deployment/projects', '--timeout=60s')
})

test('the primary is moved while people work: nothing fails, and nothing is lost', async () => {
  const {api, loggedIn} = services
  const token = await loggedIn()
  const {id: design} = await api('POST', '/designs', {title: 'Banner'}, token)
  let isOver = false
  const working = work(services, {token, design: design as string}, () => isOver)
  await sleep(3000)
  const moved = await lab.pp(['failover', 'db', '--from', 'db1', '--to', 'db2', '--yes', '--json'])
  expect(moved).toMatchObject({exitCode: 0})
  await sleep(3000)
  isOver = true
  const worked = await working
  const {saved, failed} = worked
  expect(failed).toEqual([])
  expect(saved.length).toBeGreaterThan(30)
  expect(lostSaves(worked, await sqlOnPrimary(savedScenes(design as string)))).toEqual([])
  await untilDrawn(services, token, worked)
})

test('a database whose primary is stopped has an alert, which Alertmanager hears and which ends when it is back', async () => {
  const {primary = ''} = await labHealth(await requireRecord(lab.name))
  const isFiring = async (): Promise<boolean> =>
    (await firingAlerts(labPrometheus(lab.name)!)).some(({name}) => name === 'PrimaryDown')
  expect(await isFiring()).toBe(false)
  await inHost(lab.name, primary, ['systemctl', 'stop', 'postgresql@15-main'])
  await until('the alert', isFiring, 120)
  const amtool = ['amtool', '--alertmanager.url=http://127.0.0.1:9093'] as const
  const heard = async () =>
    (await inHost(lab.name, 'mon1', [...amtool, 'alert', 'query', 'alertname=PrimaryDown'])).stdout
  await until('Alertmanager to hear it', async () => (await heard()).includes('PrimaryDown'), 30)
  await inHost(lab.name, primary, ['systemctl', 'start', 'postgresql@15-main'])
  await until('its end', async () => !(await isFiring()), 60)
})

async function sqlOnPrimary(sql: string): Promise<string> {
  const asPostgres = ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups', 'psql'] as const
  const {stdout} = await inHost(lab.name, 'db2', [...asPostgres, '-XAt', '-d', 'pixelpulse', '-c', sql])
  return stdout.trim()
}
