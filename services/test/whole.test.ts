// Scenario: npm run services brings everything up on loopback; somebody signs up, makes a design with an image, renders and
// fetches it; what alerts and dashboards ask about is there; a service that dies is started again; Ctrl-C ends all.
import {afterAll, beforeAll, expect, test} from '@jest/globals'
import {once} from 'node:events'
import {readFile} from 'node:fs/promises'
import path from 'node:path'

import sharp from 'sharp'

import {packageRoot} from '../../src/lib/package-root.ts'
import {runPp} from '../../test/run-pp.ts'
import {names} from '../names.ts'
import {api, loggedIn} from './api.ts'
import {observed} from './observed.ts'
import {underLoadTests} from './load.ts'
import {inBrowser} from './page.ts'
import {startServices, type Running} from './running.ts'
import {until} from './until.ts'

let services: Running

beforeAll(async () => {
  services = await startServices()
}, 300_000)
afterAll(() => services.remove(), 60_000)

async function rendered(token: string, designId: string): Promise<Buffer> {
  const {id} = await api('POST', '/renders', {designId, format: 'png', width: 400}, token)
  const url = await until('the picture', async () => {
    const now = await api('GET', `/renders/${id}`, undefined, token)
    if (now.state === 'failed') throw new Error(now.error)
    return now.state === 'done' && (now.url as string)
  })
  return Buffer.from(await (await fetch(url)).arrayBuffer())
}

test('somebody signs up, makes a design with an image, and fetches the picture of it', async () => {
  const token = await loggedIn()
  const design = await api('POST', '/designs', {title: 'Poster'}, token)
  const image = await sharp({create: {width: 60, height: 40, channels: 3, background: '#2266aa'}})
    .png()
    .toBuffer()
  const asset = await api(
    'POST',
    `/designs/${design.id}/assets`,
    {name: 'blue', contentType: 'image/png', sizeBytes: image.length},
    token,
  )
  const sent = await fetch(asset.upload.url, {
    method: 'PUT',
    headers: asset.upload.headers,
    body: new Uint8Array(image),
  })
  expect(sent.status).toBe(200)
  await api('POST', `/assets/${asset.id}/complete`, undefined, token)
  const scene = {
    width: 200,
    height: 100,
    background: '#ffffff',
    layers: [
      {id: 'a', kind: 'rectangle', x: 0, y: 0, width: 100, height: 100, fill: '#ff0000'},
      {id: 'b', kind: 'image', x: 100, y: 0, width: 100, height: 100, assetId: asset.id},
    ],
  }
  await api('PUT', `/designs/${design.id}/scene`, {scene, baseVersion: design.version}, token)

  const picture = sharp(await rendered(token, design.id))
  expect(await picture.metadata()).toMatchObject({format: 'png', width: 400, height: 200})
  const {data, info} = await picture.removeAlpha().raw().toBuffer({resolveWithObject: true})
  const colorAt = (x: number, y: number) => [
    ...data.subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3),
  ]
  expect([colorAt(100, 100), colorAt(300, 100)]).toEqual([
    [255, 0, 0],
    [0x22, 0x66, 0xaa],
  ])

  await until('the thumbnail', async () => {
    const {thumbnailUrl} = await api('GET', `/assets/${asset.id}`, undefined, token)
    return thumbnailUrl !== null
  })
}, 60_000)

test('pp services finds all of them ready, with what they have answered', async () => {
  await api('POST', '/designs', {title: 'Counted'}, await loggedIn())
  const {exitCode, json} = await runPp(['services', '--check', '--json'], {cwd: packageRoot})
  const {services: found} = json() as {services: {name: string; instances: {requests?: number}[]}[]}
  expect(exitCode).toBe(0)
  expect(found.map(({name}) => name).sort()).toEqual([...names].sort())
  const requestsOf = (wanted: string) => found.find(({name}) => name === wanted)?.instances[0]?.requests
  for (const name of ['gateway', 'auth', 'projects']) expect(requestsOf(name)).toBeGreaterThan(0)
  // Sockets and events are no requests.
  expect([requestsOf('collab'), requestsOf('thumbnails')]).toEqual([0, undefined])
  expect(found.find(({name}) => name === 'render')?.instances).toMatchObject([
    {version: '0.1.0', errors: 0, queue: {depth: 0}},
  ])
}, 30_000)

observed()

inBrowser()

underLoadTests()

test('a service that dies is started again, and goes on with what it had', async () => {
  const token = await loggedIn()
  const {id} = await api('POST', '/designs', {title: 'Banner'}, token)
  const pid = await processOf('projects/src/main.ts')
  process.kill(pid, 'SIGKILL')
  await services.untilPrinted('projects ended (SIGKILL); starting it again', 10)
  await until('the service', async () => {
    const found = await api('GET', `/designs/${id}`, undefined, token).catch(() => undefined)
    return found?.title === 'Banner'
  })
}, 60_000)

test('no secret is in an argument or a log', async () => {
  const secrets = await Promise.all(
    ['auth-key', 's3'].map((name) =>
      readFile(path.join(services.state, 'pp/services/secrets', name), 'utf8'),
    ),
  )
  const programs = await childrenOf(services.process.pid!)
  const logs = await Promise.all(
    ['auth', 'projects', 'render', 'gateway', 's3'].map((name) =>
      readFile(path.join(services.state, `pp/services/logs/${name}.log`), 'utf8').catch(() => ''),
    ),
  )
  const shown = [...programs.map(({command}) => command), ...logs].join('\n')
  expect(programs.length).toBeGreaterThan(5)
  for (const secret of secrets) expect(shown).not.toContain(secret)
})

test('Ctrl-C ends everything, and no process is left', async () => {
  const pids = (await childrenOf(services.process.pid!)).map(({pid}) => pid)
  expect(pids.length).toBeGreaterThan(5)
  services.process.kill('SIGINT')
  const [status] = (await once(services.process, 'close')) as [number]
  expect(status).toBe(0)
  expect(pids.filter(isThere)).toEqual([])
}, 60_000)

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

async function childrenOf(pid: number): Promise<readonly {pid: number; command: string}[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return Promise.all(
    children
      .trim()
      .split(' ')
      .filter((word) => word !== '')
      .map(async (word) => ({
        pid: Number(word),
        command: (await readFile(`/proc/${word}/cmdline`, 'utf8')).replaceAll('\0', ' '),
      })),
  )
}

async function processOf(part: string): Promise<number> {
  const found = (await childrenOf(services.process.pid!)).find(({command}) => command.includes(part))
  if (!found) throw new Error(`nothing runs ${part}`)
  return found.pid
}
