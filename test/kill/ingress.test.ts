// Scenario: operators bring versions of a service to a real cluster in which an Ingress leads to it, while clients ask by that
// Ingress without a pause. pp is killed before and after it leads requests to the canary and before and after it ends that; the
// deploy is finished or taken back.
// Proves that a canary of 10 % gets a tenth of the requests and not what the numbers of Pods come to, that no request fails on
// either way, and that nothing of a canary is left.
// Incident behind it: "10 %" of two Pods was one of three. A third of the customers had the broken version.
/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-return --
   documents of pp and of kubectl, as they come */
import {afterEach, beforeAll, beforeEach, describe, expect, test} from '@jest/globals'
import {setTimeout as sleep} from 'node:timers/promises'

import {inHost} from '../../src/lib/lab/index.ts'
import {deployment, reportOf, Trial} from '../in-lab/trial.ts'

/** Whose Ingresses the lab's controller serves. */
const namespace = 'pixelpulse'
const trial = new Trial('i', '      shop: {clusters: [trial], deployment: hello}', [namespace, 'other'])
const image = (version: string) => `pp.lab/hello:${version}`
let page = ''

beforeAll(async () => {
  for (const node of ['node1', 'node2']) {
    const argv = ['ctr', '--namespace', 'k8s.io', 'images', 'tag', '--force'] as const
    expect(await inHost(trial.lab, node, [...argv, image('1.0.0'), image('2.0.0')])).toMatchObject({
      status: 0,
    })
  }
  const [{status}] = (await trial.get('nodes', namespace)).items
  page = `http://${status.addresses[0].address}:30081`
}, 60_000)

beforeEach(async () => {
  const metadata = {name: 'hello', namespace}
  const labels = {app: 'hello', 'pixelpulse.io/track': 'stable'}
  const ports = [{name: 'http', port: 80, targetPort: 8080}]
  await trial.apply({apiVersion: 'v1', kind: 'Service', metadata, spec: {selector: labels, ports}})
  const backend = {service: {name: 'hello', port: {name: 'http'}}}
  await trial.apply({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata,
    spec: {
      ingressClassName: 'pixelpulse',
      rules: [{http: {paths: [{path: '/', pathType: 'Prefix', backend}]}}],
    },
  })
  const base = deployment('hello', namespace, 2, {
    readinessProbe: {httpGet: {path: '/readyz', port: 8080}, periodSeconds: 1},
    lifecycle: {preStop: {sleep: {seconds: 5}}},
  })
  base.spec.template.metadata.labels = labels
  base.spec.template.spec.terminationGracePeriodSeconds = 10
  const strategy = {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}
  await trial.apply({...base, spec: {...base.spec, strategy}})
  await trial.untilRolledOut('hello', namespace)
  // Of two that answer there each hears of it by itself.
  let good = 0
  while (good < 40) {
    const answer = await fetch(page, {headers: {connection: 'close'}}).catch(() => undefined)
    good = answer?.ok ? good + 1 : 0
    await sleep(50)
  }
})

/** Clients that ask by the Ingress without a pause, each time by a new connection, and who has answered them. */
class Clients {
  readonly failed: string[] = []
  running = 0
  canary = 0
  #isOver = false
  readonly #clients = Array.from({length: 4}, () => this.#ask())

  async #ask(): Promise<void> {
    while (!this.#isOver) {
      try {
        const answer = await fetch(page, {headers: {connection: 'close'}})
        const text = await answer.text()
        if (!answer.ok) this.failed.push(`${answer.status} ${text}`)
        else if (text.startsWith('hello from hello-canary-')) this.canary++
        else this.running++
      } catch (error) {
        this.failed.push(String((error as Error).cause ?? error))
      }
    }
  }

  async asked(count: number): Promise<void> {
    const until = this.running + this.canary + this.failed.length + count
    while (this.running + this.canary + this.failed.length < until) await sleep(50)
  }

  async end(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#clients)
  }
}

let clients: Clients
beforeEach(() => {
  clients = new Clients()
})
afterEach(() => clients.end())

const deploy = (percent: string, seconds: number) => [
  ...['deploy', 'shop', '--image', '2.0.0', '--canary', percent, '--canary-for', `${seconds}s`],
  ...['--yes', '--json'],
]
const op = async (verb: 'resume' | 'abort') => reportOf(await trial.pp(['op', verb, '--yes', '--json']))

/** What runs in the end, with the names of all that leads to it or is it. */
async function left(): Promise<object> {
  await trial.untilRolledOut('hello', namespace)
  const {items} = await trial.get('deployments,services,ingresses', namespace)
  const [one] = items.filter(({kind}: any) => kind === 'Deployment')
  return {
    names: items.map(({kind, metadata}: any) => `${kind} ${metadata.name}`),
    image: one.spec.template.spec.containers[0].image,
  }
}
const whole = (version: string) => ({
  names: ['Deployment hello', 'Service hello', 'Ingress hello'],
  image: image(version),
})

test('a canary of 10 % gets a tenth of the requests, and is taken back without a failed one', async () => {
  // Too short to be judged: it stays, for somebody to decide.
  expect(reportOf(await trial.pp(deploy('10%', 0)))).toMatchObject({
    exitCode: 13,
    error: {code: 'CANARY_INCONCLUSIVE'},
  })
  await sleep(5000) // both controllers have heard of it by then
  const before = {running: clients.running, canary: clients.canary}
  await clients.asked(3000)
  const running = clients.running - before.running
  const canary = clients.canary - before.canary
  process.stderr.write(`canary ${canary} of ${running + canary}\n`)
  expect(canary / (canary + running)).toBeGreaterThan(0.09)
  expect(canary / (canary + running)).toBeLessThan(0.11)
  expect(await op('abort')).toMatchObject({outcome: 'done', direction: 'back'})
  expect(await left()).toEqual(whole('1.0.0'))
  expect(clients.failed).toEqual([])
})

test('it is judged by what came by the Ingress, and the version comes without a failed request', async () => {
  expect(reportOf(await trial.pp(deploy('20%', 20)))).toMatchObject({
    error: null,
    outcome: 'done',
    exitCode: 0,
  })
  expect(clients.canary).toBeGreaterThan(100)
  expect(await left()).toEqual(whole('2.0.0'))
  expect(clients.failed).toEqual([])
})

test('Ctrl-C while it is compared takes it back without a failed request', async () => {
  const waiting = trial.start(deploy('10%', 60))
  await waiting.said('… trial: compare')
  await clients.asked(200)
  waiting.kill('SIGINT')
  expect(reportOf(await waiting.ended)).toMatchObject({outcome: 'undone', exitCode: 130})
  expect(await left()).toEqual(whole('1.0.0'))
  expect(clients.failed).toEqual([])
})

test('the plan says how the canary gets its part, and why', async () => {
  const plan = async () => (await trial.pp([...deploy('10%', 60).slice(0, -2), '--plan'])).stdout
  expect(await plan()).toContain('10% of the requests, by the weight of an Ingress beside')
  await trial.kubectl('delete', 'ingress', 'hello', '--namespace', namespace)
  await clients.end()
  expect(await plan()).toMatch(/about 33% of the requests, 1 Pod beside 2: no\s+Ingress\s+leads\s+to\s+it/)
})

describe('killed', () => {
  const places = ['route-canary', 'end-canary'].flatMap((step) =>
    (['before', 'after'] as const).map((when) => ({step, when})),
  )

  test.each(places.flatMap((one) => (['resume', 'abort'] as const).map((verb) => ({...one, verb}))))(
    '$when $step, $verb leaves nothing of the canary, and no request has failed',
    async ({step, when, verb}) => {
      const killed = await trial.pp(deploy('50%', 20), {failpoint: `kill ${when} ${step}`})
      expect(killed.exitCode).toBe('SIGKILL')
      expect(await op(verb)).toMatchObject({error: null, outcome: 'done', exitCode: 0})
      expect(await left()).toEqual(whole(verb === 'resume' ? '2.0.0' : '1.0.0'))
      expect(clients.failed).toEqual([])
    },
  )
})
