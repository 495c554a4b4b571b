// Scenario: npm run images builds all of them on a machine without a registry; each runs as it would on a node: its migration
// first, then the service, as nobody in particular.
// In a chroot with the machine's network: a read-only root and a network of its own are what a cluster adds.
import {spawn, type ChildProcess} from 'node:child_process'
import {once} from 'node:events'

import {afterAll, beforeAll, expect, jest, test} from '@jest/globals'
import {execa} from 'execa'

import {packageRoot} from '../../src/lib/package-root.ts'
import {freePort} from '../../test/free-port.ts'
import {names, withDatabase} from '../names.ts'
import {startKeys, type TestKeys} from '../test/servers/keys.ts'
import {startPostgres, type TestPostgres} from '../test/servers/postgres.ts'
import {startStorage, type TestStorage} from '../test/servers/storage.ts'
import {until} from '../test/until.ts'

const minutes = 60_000
jest.setTimeout(2 * minutes)

let postgres: TestPostgres
let keys: TestKeys
let storage: TestStorage
let images: Record<string, string>
let environment: Record<string, string>
const containers: string[] = []

const build = (...args: readonly string[]) =>
  execa('npm', ['run', '--silent', 'images', '--', '--base', 'own', ...args], {
    cwd: packageRoot,
    env: {NODE_OPTIONS: ''},
  })

beforeAll(async () => {
  ;[postgres, keys, storage] = await Promise.all([startPostgres(), startKeys(), startStorage()])
  environment = {
    DATABASE_URL: postgres.url,
    AUTH_KEY_SECRET: Buffer.alloc(32, 1).toString('base64'),
    ...keys.settings,
    ...storage.settings,
    ...storage.env,
    ...Object.fromEntries(
      ['AUTH', 'PROJECTS', 'RENDER', 'COLLAB'].map((name) => [`${name}_URL`, 'http://127.0.0.1:9']),
    ),
    S3_PUBLIC_ENDPOINT: 'http://127.0.0.1:9',
  }
  const {stdout} = await build()
  images = Object.fromEntries(stdout.split('\n').map((image) => [/\/(\w+):/.exec(image)?.[1] ?? '', image]))
}, 20 * minutes)

afterAll(async () => {
  for (const container of containers) await execa('buildah', ['rm', container], {reject: false})
  await Promise.all([postgres.remove(), keys.close(), storage.remove()])
})

test('there is one of each service, and the same sources make the same', async () => {
  expect(Object.keys(images).sort()).toEqual([...names].sort())
  const {stdout, stderr} = await build('render')
  expect(stdout).toBe(images.render)
  expect(stderr).toBe('')
})

test.each(names)('%s runs', async (name) => {
  const container = (await execa('buildah', ['from', images[name] ?? ''])).stdout
  containers.push(container)
  const whoami = await execa('buildah', inContainer(container, {}, ['-p', 'process.getuid()']))
  expect(whoami.stdout).toBe('65532')

  const port = await freePort()
  const env = {...environment, HOST: '127.0.0.1', PORT: String(port)}
  if (withDatabase.some((one) => one === name))
    await execa('buildah', inContainer(container, env, ['src/migrate.ts']))
  const main = name === 'thumbnails' ? ['src/local.ts'] : await commandOf(images[name] ?? '')
  const service = spawn('buildah', inContainer(container, env, main), {detached: true, stdio: 'pipe'})
  const said: string[] = []
  for (const stream of [service.stdout, service.stderr]) stream.on('data', (data) => said.push(String(data)))
  try {
    await until('ready', async () => {
      if (service.exitCode !== null) throw new Error(said.join(''))
      return fetch(`http://127.0.0.1:${port}/readyz`).then(
        ({status}) => status === 200,
        () => false,
      )
    })
    expect(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).toContain(
      `image="${images[name] ?? ''}"`,
    )
  } finally {
    await end(service)
  }
})

const inContainer = (container: string, env: Readonly<Record<string, string>>, args: readonly string[]) => [
  ...['run', '--isolation', 'chroot'],
  ...Object.entries(env).map(([key, value]) => `--env=${key}=${value}`),
  ...['--', container, 'node', ...args],
]

/** What a container runs when nobody says otherwise. */
async function commandOf(image: string): Promise<readonly string[]> {
  const {stdout} = await execa('buildah', ['inspect', '--type', 'image', image])
  const {OCIv1} = JSON.parse(stdout) as {OCIv1: {config: {Cmd: string[]; Entrypoint: string[]}}}
  expect(OCIv1.config.Entrypoint).toEqual(['node'])
  return OCIv1.config.Cmd
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const ended = once(child, 'close')
  process.kill(-child.pid!, 'SIGTERM')
  await ended
}
