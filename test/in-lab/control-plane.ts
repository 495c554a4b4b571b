import {execa} from 'execa'
import {generateKeyPairSync, randomUUID} from 'node:crypto'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {request as httpsRequest} from 'node:https'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'

import type {ClusterAccess} from '../../src/lib/drivers/kubernetes/types.ts'
import {freePort} from '../free-port.ts'

interface Answer {
  readonly status: number
  readonly body: any // eslint-disable-line @typescript-eslint/no-explicit-any -- whatever object was asked for
}

/** A real API server with etcd and scheduler on loopback, and nothing that runs a Pod: its nodes are only objects. */
export class ControlPlane {
  readonly access: ClusterAccess
  readonly #server: string
  readonly #token: string
  readonly #stop: () => Promise<void>

  private constructor(access: ClusterAccess, server: string, token: string, stop: () => Promise<void>) {
    this.access = access
    this.#server = server
    this.#token = token
    this.#stop = stop
  }

  /** @param bin folder of the programs. */
  static async start(bin: string): Promise<ControlPlane> {
    const folder = await mkdtemp(join(tmpdir(), 'pp-control-plane-'))
    const [client, peer, secure] = [await freePort(), await freePort(), await freePort()]
    const server = `https://127.0.0.1:${secure}`
    const token = randomUUID()
    const file = async (name: string, text: string) => {
      await writeFile(join(folder, name), text, {mode: 0o600})
      return join(folder, name)
    }
    const {privateKey} = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: {type: 'spki', format: 'pem'},
      privateKeyEncoding: {type: 'pkcs8', format: 'pem'},
    })
    const key = await file('accounts.key', privateKey)
    const tokens = await file('tokens.csv', `${token},tester,tester,system:masters\n`)
    const kubeconfig = await file('kubeconfig', kubeconfigOf(server, token, false))
    const scheduler = await file(
      'scheduler.yaml',
      JSON.stringify({
        apiVersion: 'kubescheduler.config.k8s.io/v1',
        kind: 'KubeSchedulerConfiguration',
        leaderElection: {leaderElect: false},
        clientConnection: {kubeconfig, qps: 1000, burst: 2000},
      }),
    )
    const abort = new AbortController()
    const start = (program: string, ...args: readonly string[]) =>
      execa(join(bin, program), args, {
        reject: false,
        cancelSignal: abort.signal,
        stdout: 'ignore',
        stderr: {file: join(folder, `${program}.log`)},
      })
    const store = `http://127.0.0.1:${client}`
    const own = `http://127.0.0.1:${peer}`
    const programs = [
      start(
        'etcd', `--data-dir=${join(folder, 'etcd')}`, `--listen-client-urls=${store}`, `--advertise-client-urls=${store}`,
        `--listen-peer-urls=${own}`, `--initial-advertise-peer-urls=${own}`, `--initial-cluster=default=${own}`,
        '--unsafe-no-fsync', '--log-level=warn',
      ), // prettier-ignore
      start(
        'kube-apiserver', `--etcd-servers=${store}`, '--bind-address=127.0.0.1', '--advertise-address=127.0.0.1',
        `--secure-port=${secure}`, `--cert-dir=${join(folder, 'certificates')}`, `--token-auth-file=${tokens}`,
        '--authorization-mode=AlwaysAllow', `--service-account-key-file=${key}`,
        `--service-account-signing-key-file=${key}`, '--service-account-issuer=https://kubernetes.default.svc',
        '--service-cluster-ip-range=10.0.0.0/24', '--endpoint-reconciler-type=none',
        // Nobody makes accounts here, and nobody would take the taint of a new node away.
        '--disable-admission-plugins=ServiceAccount,TaintNodesByCondition',
      ), // prettier-ignore
      start(
        'kube-scheduler',
        `--config=${scheduler}`,
        '--secure-port=0',
        '--authorization-always-allow-paths=*',
      ),
    ]
    const plane = new ControlPlane({name: 'rack', kubeconfig, context: 'test'}, server, token, async () => {
      abort.abort()
      await Promise.all(programs)
      await rm(folder, {recursive: true})
    })
    for (const deadline = Date.now() + 60_000; ;) {
      const {status} = await plane.ask('GET', '/readyz').catch(() => ({status: 0}))
      if (status === 200) return plane
      if (Date.now() > deadline) throw new Error(`the API server is not ready; its log is in ${folder}`)
      await sleep(200)
    }
  }

  /** As `access`, with another token, or with a look at the certificate. */
  async accessWith({token = this.#token, isVerified = false}): Promise<ClusterAccess> {
    const kubeconfig = `${this.access.kubeconfig ?? ''}.${randomUUID()}`
    await writeFile(kubeconfig, kubeconfigOf(this.#server, token, isVerified), {mode: 0o600})
    return {...this.access, kubeconfig}
  }

  async ask(method: string, path: string, object?: object): Promise<Answer> {
    const {promise, resolve, reject} = Promise.withResolvers<Answer>()
    const text = object ? JSON.stringify(object) : ''
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
    httpsRequest(
      `${this.#server}${path}`,
      {
        method,
        rejectUnauthorized: false,
        headers: {
          authorization: `Bearer ${this.#token}`,
          'content-type': type,
          'content-length': Buffer.byteLength(text),
        },
        // A busy machine takes its time.
        signal: AbortSignal.timeout(60_000),
      },
      (response) => {
        let said = ''
        response.setEncoding('utf8')
        response.on('error', reject)
        response.on('data', (piece: string) => {
          said += piece
        })
        response.on('end', () => {
          const isJson = response.headers['content-type']?.includes('json')
          resolve({status: response.statusCode ?? 0, body: isJson ? JSON.parse(said) : said})
        })
      },
    )
      .on('error', reject)
      .end(text)
    return promise
  }

  /** The same, for what has to succeed. */
  async must(method: string, path: string, object?: object): Promise<Answer['body']> {
    const {status, body} = await this.ask(method, path, object)
    if (status >= 200 && status < 300) return body
    throw new Error(`${method} ${path} answered ${status}: ${JSON.stringify(body?.message ?? body)}`)
  }

  stop(): Promise<void> {
    return this.#stop()
  }
}

const kubeconfigOf = (server: string, token: string, isVerified: boolean): string =>
  JSON.stringify({
    clusters: [{name: 'test', cluster: {server, ...(isVerified ? {} : {'insecure-skip-tls-verify': true})}}],
    users: [{name: 'test', user: {token}}],
    contexts: [{name: 'test', context: {cluster: 'test', user: 'test'}}],
    'current-context': 'test',
  })
