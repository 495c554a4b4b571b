import {afterEach, describe, expect, test} from '@jest/globals'
import {writeFile} from 'node:fs/promises'
import * as z from 'zod'

import {openCluster} from '../../../src/lib/drivers/kubernetes/open-cluster.ts'
import {PpError} from '../../../src/lib/errors.ts'
import {FakeApiServer, kubeconfigFor} from '../../fakes/api-server.ts'
import {freePort} from '../../free-port.ts'

const named = z.object({metadata: z.object({name: z.string()})}).transform(({metadata}) => metadata.name)
const pods = Array.from({length: 241}, (_, index) => ({
  metadata: {name: `pod-${index}`, managedFields: ['x']},
}))

let server: FakeApiServer | undefined
afterEach(async () => {
  await server?.stop()
  server = undefined
})

async function start(...[answers]: Parameters<typeof FakeApiServer.start>): Promise<FakeApiServer> {
  server = await FakeApiServer.start(answers)
  return server
}

async function failureOf(act: () => Promise<unknown>): Promise<PpError> {
  try {
    await act()
  } catch (error) {
    if (error instanceof PpError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

test('a list is read page by page, and no more of an object is kept than is asked for', async () => {
  const {access, asked} = await start({'/api/v1/pods': pods})
  const reader = await openCluster(access)
  expect(await reader.list('/api/v1/pods', named, {fieldSelector: 'status.phase!=Failed'})).toEqual(
    pods.map(({metadata}) => metadata.name),
  )
  expect(asked).toEqual(
    ['', '&continue=50', '&continue=100', '&continue=150', '&continue=200'].map(
      (page) => `/api/v1/pods?fieldSelector=status.phase%21%3DFailed&limit=50${page}`,
    ),
  )
})

test('what the kubeconfig says for logging in goes along', async () => {
  let authorization: string | undefined
  const {access} = await start((_, request) => {
    ;({authorization} = request.headers)
    return {body: {metadata: {name: 'a'}}}
  })
  expect(await (await openCluster(access)).get('/api/v1/nodes/a', named)).toBe('a')
  expect(authorization).toBe('Bearer not-a-secret')
})

test('an object that is not there, and a kind that is not installed, are no errors', async () => {
  const {access} = await start({})
  const reader = await openCluster(access)
  expect(await reader.get('/api/v1/nodes/a', named)).toBeUndefined()
  expect(await reader.list('/apis/keda.sh/v1alpha1/scaledobjects', named)).toEqual([])
})

test('a list whose pages expire in the middle is begun again', async () => {
  let hasExpired = false
  const {access} = await start((url) => {
    const isNext = url.searchParams.has('continue')
    if (isNext && !hasExpired) {
      hasExpired = true
      return {status: 410, body: {message: 'too old'}}
    }
    return {
      body: {metadata: isNext ? {} : {continue: 'next'}, items: [{metadata: {name: isNext ? 'b' : 'a'}}]},
    }
  })
  expect(await (await openCluster(access)).list('/api/v1/nodes', named)).toEqual(['a', 'b'])
})

test.each([
  {
    name: 'who is not known',
    status: 401,
    says: {
      code: 'CLUSTER_LOGIN_REFUSED',
      exitCode: 4,
      message: 'rack does not know who asks (status 401): Unauthorized.',
    },
  },
  {
    name: 'what is not allowed',
    status: 403,
    says: {code: 'CLUSTER_FORBIDDEN', exitCode: 4, message: 'rack does not allow it: nodes is forbidden.'},
  },
  {
    name: 'a server that fails',
    status: 500,
    says: {
      code: 'CLUSTER_FAILED',
      exitCode: 5,
      message: 'rack answers /api/v1/nodes with status 500: etcdserver: request timed out.',
    },
  },
])('$name is told apart, with the words of the server', async ({status, says}) => {
  const words: Record<number, string> = {
    401: 'Unauthorized',
    403: 'nodes is forbidden.',
    500: 'etcdserver: request timed out',
  }
  const {access} = await start(() => ({status, body: {message: words[status]}}))
  const reader = await openCluster(access)
  expect(await failureOf(() => reader.list('/api/v1/nodes', named))).toMatchObject(says)
})

test('an answer that is no Kubernetes is an error, not a bug', async () => {
  const {access} = await start(() => ({body: '<html>log in</html>'}))
  const reader = await openCluster(access)
  expect(await failureOf(() => reader.get('/api/v1/nodes/a', named))).toMatchObject({
    code: 'CLUSTER_FAILED',
    exitCode: 5,
  })
})

test('a server that is not there is named with its address, and with the command to try', async () => {
  const {access, kubeconfig} = await start({})
  const address = `http://127.0.0.1:${await freePort()}`
  await writeFile(kubeconfig, kubeconfigFor(address))
  const reader = await openCluster(access)
  const error = await failureOf(() => reader.list('/api/v1/nodes', named))
  expect(error).toMatchObject({code: 'CLUSTER_UNREACHABLE', exitCode: 5})
  expect(error.message).toContain(
    `The API server of rack does not answer at ${address}: connect ECONNREFUSED`,
  )
  expect(error.hint).toBe(`kubectl --kubeconfig ${kubeconfig} --context rack get --raw /readyz`)
})

test('a server that says nothing is given up after five seconds', async () => {
  const {access} = await start(() => undefined)
  const reader = await openCluster(access)
  const error = await failureOf(() => reader.get('/api/v1/nodes/a', named))
  expect(error).toMatchObject({code: 'CLUSTER_UNREACHABLE'})
  expect(error.message).toContain('no answer within 5 s')
})

test('a kubeconfig that is not there, or has no such context, is said with the file', async () => {
  const {access, kubeconfig} = await start({})
  expect(await failureOf(() => openCluster({...access, kubeconfig: `${kubeconfig}.gone`}))).toMatchObject({
    code: 'KUBECONFIG_UNREADABLE',
    exitCode: 5,
    message: expect.stringContaining(`${kubeconfig}.gone`),
  })
  expect(await failureOf(() => openCluster({...access, context: 'aws'}))).toMatchObject({
    code: 'CONTEXT_UNKNOWN',
    exitCode: 2,
    message: `${kubeconfig} has no context "aws" for the cluster rack; it has rack.`,
  })
  await writeFile(kubeconfig, 'not: [a kubeconfig')
  expect(await failureOf(() => openCluster(access))).toMatchObject({code: 'KUBECONFIG_UNREADABLE'})
  await writeFile(kubeconfig, '')
  expect(await failureOf(() => openCluster(access))).toMatchObject({code: 'KUBECONFIG_UNREADABLE'})
})

describe('a text', () => {
  const logPath = '/api/v1/namespaces/pixelpulse/pods/a/log'
  const asked = {query: {timestamps: 'true'}, signal: new AbortController().signal, idleMs: undefined}

  test('is given whole, or not at all when there is none', async () => {
    const {access, asked: paths} = await start({[logPath]: 'one\ntwo\n'})
    const reader = await openCluster(access)
    expect(await reader.text(logPath, {tailLines: '2'})).toBe('one\ntwo\n')
    expect(await reader.text('/api/v1/namespaces/pixelpulse/pods/b/log')).toBeUndefined()
    expect(paths[0]).toBe(`${logPath}?tailLines=2`)
  })

  test('comes line by line, the last one also without an end', async () => {
    const {access} = await start({[logPath]: 'one\n\nthrée'})
    const reader = await openCluster(access)
    expect(await Array.fromAsync(reader.lines(logPath, asked))).toEqual(['one', '', 'thrée'])
  })

  test('that is not there has no lines, and one that is refused is an error', async () => {
    const {access} = await start((url) =>
      url.pathname === logPath
        ? {status: 400, body: {message: 'waiting to start'}}
        : {status: 403, body: {message: 'no'}},
    )
    const reader = await openCluster(access)
    expect(await Array.fromAsync(reader.lines(logPath, asked))).toEqual([])
    expect(await failureOf(() => Array.fromAsync(reader.lines('/other', asked)))).toMatchObject({
      code: 'CLUSTER_FORBIDDEN',
    })
  })

  test('that is followed ends with the signal', async () => {
    const stop = new AbortController()
    const {access} = await start(() => undefined)
    const reader = await openCluster(access)
    const lines = Array.fromAsync(reader.lines(logPath, {...asked, signal: stop.signal}))
    stop.abort()
    expect(await lines).toEqual([])
  })
})

test('a login whose command does not end is given up when that time has passed', async () => {
  const {access, kubeconfig} = await start({})
  const config = JSON.parse(kubeconfigFor('http://127.0.0.1:9')) as object
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: 'sleep',
    args: ['1.5'],
    interactiveMode: 'Never',
  }
  await writeFile(kubeconfig, JSON.stringify({...config, users: [{name: 'reader', user: {exec}}]}))
  expect(await failureOf(() => openCluster(access, 200))).toMatchObject({
    code: 'CLUSTER_LOGIN_FAILED',
    message: 'Logging in to rack as its kubeconfig says does not work: no answer in time.',
  })
})

test('what has a time in all is given up when that has passed', async () => {
  const {access} = await start(() => undefined)
  const reader = await openCluster(access, 200)
  const error = await failureOf(() => reader.get('/api/v1/nodes/a', named))
  expect(error.message).toContain('no answer within 0.2 s')
})
