import {afterEach, beforeEach, expect, test} from '@jest/globals'
import {createHash, sign} from 'node:crypto'
import {readFile, writeFile} from 'node:fs/promises'
import {createServer, type Server as HttpServer} from 'node:http'
import {join} from 'node:path'

import {askRegistry} from '../../../src/lib/drivers/registry/ask-registry.ts'
import {freePort} from '../../free-port.ts'
import {describeWith} from '../servers/describe-with.ts'
import {removeFolder, run, startServer, temporaryFolder, type Server} from '../servers/program.ts'

const program = '/usr/bin/docker-registry'
const ociManifest = 'application/vnd.oci.image.manifest.v1+json'
let folder: string
let registry: Server
let host: string

async function start(auth: object = {}): Promise<void> {
  const port = await freePort()
  host = `127.0.0.1:${port}`
  const settings = {
    version: '0.1',
    log: {level: 'error'},
    storage: {filesystem: {rootdirectory: join(folder, 'images')}},
    http: {addr: host},
    ...auth,
  }
  await writeFile(join(folder, 'registry.yml'), JSON.stringify(settings))
  registry = await startServer([program, 'serve', join(folder, 'registry.yml')], port)
}

/** Puts the smallest image there is, as `podman push` would. @returns its digest. */
async function push(name: string): Promise<string> {
  const config = '{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}'
  const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`
  const begun = await fetch(`http://${host}/v2/${name}/blobs/uploads/`, {method: 'POST'})
  const upload = new URL(begun.headers.get('location') ?? '', `http://${host}`)
  upload.searchParams.set('digest', digestOf(config))
  const sent = await fetch(upload, {
    method: 'PUT',
    body: config,
    headers: {'content-type': 'application/octet-stream'},
  })
  expect(sent.status).toBe(201)
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: ociManifest,
    config: {
      mediaType: 'application/vnd.oci.image.config.v1+json',
      digest: digestOf(config),
      size: config.length,
    },
    layers: [],
  })
  const put = await fetch(`http://${host}/v2/${name}/manifests/1.0.0`, {
    method: 'PUT',
    body: manifest,
    headers: {'content-type': ociManifest},
  })
  expect(put.status).toBe(201)
  return digestOf(manifest)
}

beforeEach(async () => {
  folder = await temporaryFolder()
})
afterEach(async () => {
  await registry.stop()
  await removeFolder(folder)
})

describeWith([program], 'a registry', () => {
  test('has what was sent to it, by tag and by digest, and nothing else', async () => {
    await start()
    const digest = await push('pixelpulse/auth')
    const ask = (repository: string, reference: string) => askRegistry({host, repository, reference})
    expect(await ask('pixelpulse/auth', '1.0.0')).toEqual({kind: 'there'})
    expect(await ask('pixelpulse/auth', digest)).toEqual({kind: 'there'})
    expect(await ask('pixelpulse/auth', '2.0.0')).toEqual({kind: 'missing'})
    expect(await ask('pixelpulse/absent', '1.0.0')).toEqual({kind: 'missing'})
  })

  test('that wants a password is not known to have it', async () => {
    // A hash that no password has.
    await writeFile(join(folder, 'users'), `somebody:$2y$05$${'a'.repeat(53)}\n`)
    await start({auth: {htpasswd: {realm: 'images', path: join(folder, 'users')}}})
    const answer = await askRegistry({host, repository: 'pixelpulse/auth', reference: '1.0.0'})
    expect(answer).toEqual({kind: 'unknown', why: 'it wants a login'})
  })

  test('that gives everybody a token is asked with one', async () => {
    await start()
    await push('pixelpulse/auth')
    await registry.stop()
    await using tokens = await startTokens()
    const {realm, certificate: rootcertbundle} = tokens
    await start({auth: {token: {realm, service: 'images', issuer: 'pixelpulse', rootcertbundle}}})
    expect(await askRegistry({host, repository: 'pixelpulse/auth', reference: '1.0.0'})).toEqual({
      kind: 'there',
    })
    expect(await askRegistry({host, repository: 'pixelpulse/auth', reference: '2'})).toEqual({
      kind: 'missing',
    })
    expect(tokens.asked[0]).toBe('/token?service=images&scope=repository%3Apixelpulse%2Fauth%3Apull')
  })

  test('that is not there, or says nothing, is not known to have it', async () => {
    await start()
    await registry.stop()
    const place = {host, repository: 'pixelpulse/auth', reference: '1.0.0'}
    expect(await askRegistry(place)).toEqual({kind: 'unknown', why: expect.stringContaining('ECONNREFUSED')})
    const silent = createServer()
    await new Promise<void>((resolve) => silent.listen(Number(host.split(':')[1]), '127.0.0.1', resolve))
    expect(await askRegistry(place, 200)).toEqual({kind: 'unknown', why: 'no answer within 0.2 s'})
    silent.closeAllConnections()
    silent.close()
  })
})

interface Tokens extends AsyncDisposable {
  readonly realm: string
  /** Of the key with which it signs, a file. */
  readonly certificate: string
  readonly asked: readonly string[]
}

/** Whoever asks gets a token to pull what he names, as the registry's token specification has it. */
async function startTokens(): Promise<Tokens> {
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
  const request = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=tokens', '-days', '1']
  await run('openssl', ['req', ...request, '-keyout', key, '-out', certificate])
  const privateKey = await readFile(key, 'utf8')
  const der = (await readFile(certificate, 'utf8')).replace(/-----[A-Z ]+-----|\s/g, '')
  const asked: string[] = []
  const server: HttpServer = createServer(({url = ''}, response) => {
    asked.push(url)
    const scope = new URL(url, 'http://tokens').searchParams.get('scope') ?? ''
    const [type, name, actions = ''] = scope.split(':')
    const now = Math.floor(Date.now() / 1000)
    const claims = {
      iss: 'pixelpulse',
      sub: '',
      aud: 'images',
      iat: now,
      nbf: now - 10,
      exp: now + 60,
      jti: '1',
      access: [{type, name, actions: actions.split(',')}],
    }
    const encoded = [{typ: 'JWT', alg: 'RS256', x5c: [der]}, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.')
    const signature = sign('sha256', Buffer.from(encoded), privateKey).toString('base64url')
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({token: `${encoded}.${signature}`}))
  })
  const port = await freePort()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    realm: `http://127.0.0.1:${port}/token`,
    certificate,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
