import {afterAll, beforeAll, describe, expect, test} from '@jest/globals'
import {randomBytes, randomUUID} from 'node:crypto'
import {fileURLToPath} from 'node:url'
import {deflateSync} from 'node:zlib'

import {migrate, readSettings, type App} from '@pixelpulse/common'
import sharp from 'sharp'

import {startKeys, type TestKeys} from '../../test/servers/keys.ts'
import {startPostgres, type TestPostgres} from '../../test/servers/postgres.ts'
import {startStorage, type TestStorage} from '../../test/servers/storage.ts'
import {buildProjects} from '../src/build.ts'
import {projectsSettings} from '../src/settings.ts'

let postgres: TestPostgres
let storage: TestStorage
let keys: TestKeys
let app: App
const ada = {id: randomUUID(), name: 'Ada'}
const eve = {id: randomUUID(), name: 'Eve'}
const tokens: Record<string, string> = {}

beforeAll(async () => {
  ;[postgres, storage, keys] = await Promise.all([startPostgres(), startStorage(), startKeys()])
  await migrate({
    url: postgres.url,
    schema: 'projects',
    folder: fileURLToPath(new URL('../migrations', import.meta.url)),
  })
  for (const user of [ada, eve]) tokens[user.id] = await keys.tokenOf(user)
  app = await buildProjects(
    readSettings(projectsSettings, {
      DATABASE_URL: postgres.url,
      LOG_LEVEL: 'silent',
      ...storage.settings,
      ...keys.settings,
    }),
  )
}, 300_000)
afterAll(async () => {
  await app.close()
  await Promise.all([postgres.remove(), storage.remove(), keys.close()])
})

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
const ask = (user: {id: string}, method: Method, url: string, payload?: object, key?: string) =>
  app.inject({
    method,
    url,
    ...(payload && {payload}),
    headers: {authorization: `Bearer ${tokens[user.id]!}`, ...(key && {'idempotency-key': key})},
  })

const rectangle = (id: string) => ({
  kind: 'rectangle',
  id,
  x: 1,
  y: 2,
  width: 30,
  height: 40,
  fill: '#ff0000',
})
const sceneOf = (...ids: string[]) => ({width: 100, height: 80, layers: ids.map(rectangle)})

async function made(title = 'Poster'): Promise<{id: string; version: number}> {
  const answer = await ask(ada, 'POST', '/designs', {title, scene: sceneOf('a')})
  expect(answer.statusCode).toBe(201)
  return answer.json()
}

const save = (user: {id: string}, id: string, baseVersion: number, scene = sceneOf('a', 'b'), key?: string) =>
  ask(user, 'PUT', `/designs/${id}/scene`, {scene, baseVersion}, key)

describe('a design', () => {
  test('is made, saved as versions that stay, renamed and deleted', async () => {
    const {id, version} = await made()
    expect((await save(ada, id, version)).json()).toEqual({version: 2})
    await ask(ada, 'PATCH', `/designs/${id}`, {title: 'Banner'})
    const now = (await ask(ada, 'GET', `/designs/${id}`)).json()
    expect(now).toMatchObject({title: 'Banner', version: 2, role: 'owner'})
    expect(now.scene.layers).toHaveLength(2)
    const first = (await ask(ada, 'GET', `/designs/${id}/versions/1`)).json()
    expect(first.scene.layers).toHaveLength(1)
    const {versions} = (await ask(ada, 'GET', `/designs/${id}/versions`)).json()
    expect((versions as {version: number}[]).map((one) => one.version)).toEqual([2, 1])
    expect((await ask(ada, 'DELETE', `/designs/${id}`)).statusCode).toBe(204)
    expect((await ask(ada, 'GET', `/designs/${id}`)).statusCode).toBe(404)
  })

  test('that two save at once is saved by one, and the other hears of it', async () => {
    const {id, version} = await made()
    const answers = await Promise.all([save(ada, id, version), save(ada, id, version)])
    expect(answers.map(({statusCode}) => statusCode).sort()).toEqual([200, 409])
  })

  test('that is saved twice with one key has one version more', async () => {
    const {id, version} = await made()
    const key = randomUUID()
    const answers = [
      await save(ada, id, version, undefined, key),
      await save(ada, id, version, undefined, key),
    ]
    expect(answers.map((answer) => answer.json<{version: number}>())).toEqual([{version: 2}, {version: 2}])
    const other = await save(ada, id, 2, sceneOf('c'), key)
    expect(other.json().error.code).toBe('KEY_REUSED')
  })

  test('is listed page by page, each once', async () => {
    const titles = Array.from({length: 5}, (_, n) => `page ${n}`)
    for (const title of titles) await made(title)
    const seen: string[] = []
    for (let after = ''; ;) {
      const query = new URLSearchParams({limit: '2', ...(after && {after})})
      const page = (await ask(ada, 'GET', `/designs?${query.toString()}`)).json()
      seen.push(...(page.designs as {title: string}[]).map(({title}) => title))
      if (!page.next) break
      after = page.next
    }
    expect(seen.filter((title) => title.startsWith('page')).sort()).toEqual(titles)
    expect(new Set(seen).size).toBe(seen.filter((title) => title !== 'Poster').length + 1)
  })

  test('with a scene that is none is refused with every mistake and its place', async () => {
    const {id} = await made()
    const scene = {width: 0, height: 10, layers: [{...rectangle('a'), fill: 'url(javascript:1)'}]}
    const answer = await save(ada, id, 1, scene)
    expect(answer.statusCode).toBe(400)
    expect(answer.body).toContain('width')
    expect(answer.body).toContain('fill')
  })
})

describe('somebody else', () => {
  test('is told of no route and no id more than that there is none, until the owner invites', async () => {
    const {id} = await made()
    const asset = (
      await ask(ada, 'POST', `/designs/${id}/assets`, {name: 'x', contentType: 'image/png', sizeBytes: 5})
    ).json()
    const bodies: Record<string, object> = {
      'PUT /designs/{id}/scene': {scene: sceneOf('x'), baseVersion: 1},
      'PATCH /designs/{id}': {title: 'mine'},
      'POST /designs/{id}/assets': {name: 'x', contentType: 'image/png', sizeBytes: 5},
    }
    // From the document, so that a route that is added later is looked at, too.
    const document = await app.inject('/openapi.json')
    const {paths} = document.json<{paths: Record<string, Record<string, unknown>>}>()
    const routes = Object.entries(paths).flatMap(([url, methods]) =>
      Object.keys(methods).map((method) => ({url, method: method.toUpperCase() as Method})),
    )
    const foreign = routes.filter(({url}) => url.includes('{id}'))
    expect(foreign.length).toBeGreaterThan(9)
    for (const {url, method} of foreign)
      for (const target of [url.startsWith('/assets') ? asset.id : id, randomUUID()]) {
        const filled = url.replace('{id}', target).replace('{version}', '1')
        const answer = await ask(eve, method, filled, bodies[`${method} ${url}`])
        expect([method, url, answer.statusCode]).toEqual([method, url, 404])
      }
    for (const {url, method} of routes) {
      const filled = url.replace('{id}', id).replace('{version}', '1').replace('{token}', 'x'.repeat(30))
      const anonymous = await app.inject({method, url: filled, payload: bodies[`${method} ${url}`] ?? {}})
      expect([method, url, anonymous.statusCode]).toEqual([method, url, 401])
    }

    const {token} = (await ask(ada, 'POST', `/designs/${id}/invitations`)).json()
    expect((await ask(eve, 'POST', `/invitations/${token}/accept`)).json()).toEqual({designId: id})
    expect((await save(eve, id, 1)).statusCode).toBe(200)
    expect((await ask(eve, 'DELETE', `/designs/${id}`)).statusCode).toBe(403)
    expect((await ask(eve, 'POST', `/designs/${id}/invitations`)).statusCode).toBe(403)
  })
})

describe('an upload', () => {
  const upload = async (bytes: Uint8Array, announced: {contentType?: string; sizeBytes?: number} = {}) => {
    const {id} = await made()
    const contentType = announced.contentType ?? 'image/png'
    const body = {name: 'picture', contentType, sizeBytes: announced.sizeBytes ?? bytes.length}
    const asset = (await ask(ada, 'POST', `/designs/${id}/assets`, body)).json()
    const sent = await fetch(asset.upload.url, {
      method: 'PUT',
      headers: asset.upload.headers,
      body: Buffer.from(bytes),
    })
    const completed = await ask(ada, 'POST', `/assets/${asset.id}/complete`)
    return {id: asset.id as string, sent: sent.status, completed}
  }
  const png = (width = 20, height = 10) =>
    sharp({create: {width, height, channels: 4, background: '#336699'}})
      .png()
      .toBuffer()

  test('goes to S3 by itself, and is the same when it comes back', async () => {
    const bytes = await png()
    const {id, completed} = await upload(bytes)
    expect(completed.json()).toEqual({width: 20, height: 10})
    const {url} = (await ask(ada, 'GET', `/assets/${id}`)).json()
    expect(Buffer.from(await (await fetch(url)).arrayBuffer()).equals(bytes)).toBe(true)
  })

  test.each([
    {what: 'a page', bytes: async () => Buffer.from('<html><script>alert(1)</script></html>')},
    {
      what: 'an SVG',
      bytes: async () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
    },
    {
      what: 'a JPEG that says PNG',
      bytes: async () =>
        sharp(await png())
          .jpeg()
          .toBuffer(),
    },
    {what: 'half a file', bytes: async () => (await noise()).subarray(0, 4000)},
    {what: 'noise', bytes: async () => randomBytes(2000)},
    {what: 'a bomb: a few bytes that become gigabytes', bytes: async () => bomb()},
  ])('of $what is refused, and does not stay', async ({bytes}) => {
    const {id, completed} = await upload(await bytes())
    expect(completed.statusCode).toBe(422)
    expect(completed.json().error.code).toBe('ASSET_REFUSED')
    expect((await ask(ada, 'GET', `/assets/${id}`)).statusCode).toBe(404)
    expect(await postgres.query(`select from projects.assets where id = '${id}'`)).toEqual([])
  })

  test('of another size or type than announced is refused by the store, or after it', async () => {
    const bytes = await png()
    const bigger = await upload(bytes, {sizeBytes: bytes.length + 1})
    expect([bigger.sent >= 400, bigger.completed.statusCode]).toEqual([true, 422])
    const huge = await ask(ada, 'POST', `/designs/${(await made()).id}/assets`, {
      name: 'x',
      contentType: 'image/png',
      sizeBytes: 1e12,
    })
    expect(huge.statusCode).toBe(400)
  })

  const noise = () =>
    sharp(randomBytes(300 * 300 * 3), {raw: {width: 300, height: 300, channels: 3}})
      .png()
      .toBuffer()
})

test('no save that was acknowledged is lost, and none is there twice, while the database is killed again and again', async () => {
  const {id} = await made()
  let version = 1
  let isOver = false
  const acknowledged: {version: number; mark: string}[] = []
  const writer = async () => {
    while (!isOver) {
      const mark = randomUUID()
      const answer = await save(ada, id, version, sceneOf(mark), randomUUID())
      if (answer.statusCode === 200) {
        version = answer.json().version
        acknowledged.push({version, mark})
      }
    }
  }
  const writing = writer()
  for (let n = 0; n < 3; n += 1) {
    await new Promise((resolve) => setTimeout(resolve, 400))
    await postgres.kill()
    await postgres.start()
  }
  await new Promise((resolve) => setTimeout(resolve, 400))
  isOver = true
  await writing
  expect(acknowledged.length).toBeGreaterThan(20)
  expect(acknowledged.map((one) => one.version)).toEqual(acknowledged.map((_, index) => index + 2))
  const rows = await postgres.query(
    `select version, scene #>> '{layers,0,id}' as mark from projects.versions where design_id = '${id}' and version > 1 order by version`,
  )
  expect(rows).toEqual(acknowledged)
}, 90_000)

/** A PNG of 30000 × 30000 pixels in some 100 kB. */
function bomb(): Buffer {
  const crcOf = (bytes: Buffer) => {
    let crc = ~0
    for (const byte of bytes) {
      crc ^= byte
      for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
    }
    return ~crc >>> 0
  }
  const chunk = (name: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(name), data])
    const [head, tail] = [Buffer.alloc(4), Buffer.alloc(4)]
    head.writeUInt32BE(data.length)
    tail.writeUInt32BE(crcOf(body))
    return Buffer.concat([head, body, tail])
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(30_000, 0)
  header.writeUInt32BE(30_000, 4)
  header.set([1, 0, 0, 0, 0], 8)
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(30_000 * 3751))),
    chunk('IEND', Buffer.alloc(0)),
  ])
}
