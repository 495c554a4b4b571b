// Scenario: operators bring versions of a service to two sites, which two namespaces of a real cluster play. pp is killed before
// and after each step, and the rollout is finished or taken back, also from another machine; others change the same Deployment;
// Pods of the new version do not start, crash, or answer too little to be judged.
// Proves that a rollout ends whole or is put back whole, that nobody's change is overwritten, and that no request fails meanwhile.
// Incident behind it: a deploy that died with a laptop, one site on the new version, the other on the old, and nobody knew.
/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-return --
   documents of pp and of kubectl, as they come */
import {beforeAll, beforeEach, describe, expect, test} from '@jest/globals'
import {mkdtemp} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'

import {inHost} from '../../src/lib/lab/index.ts'
import {deployment, namespaces, reportOf, Trial} from '../in-lab/trial.ts'

const trial = new Trial(
  'o',
  `      hello: {clusters: [trial, other], migrate: [get, 'http://hello:8080']}
      plain: {clusters: [trial, other], deployment: hello}
      never: {clusters: [trial, other], deployment: hello, migrate: [get, 'http://nowhere:1']}`,
)
const image = (version: string) => `pp.lab/hello:${version}`
const versions = ['2.0.0', '3.0.0']

beforeAll(async () => {
  for (const node of ['node1', 'node2'])
    for (const version of versions) {
      const argv = ['ctr', '--namespace', 'k8s.io', 'images', 'tag', '--force'] as const
      const tagged = await inHost(trial.lab, node, [...argv, image('1.0.0'), image(version)])
      expect(tagged).toMatchObject({status: 0})
    }
}, 60_000)

beforeEach(async () => {
  for (const namespace of namespaces) {
    await trial.apply({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {name: 'hello', namespace},
      spec: {selector: {app: 'hello'}, ports: [{port: 8080}]},
    })
    await trial.apply(served(namespace))
  }
  for (const namespace of namespaces) await trial.untilRolledOut('hello', namespace)
})

/** Two Pods that take requests until these are led elsewhere, and none less while they are replaced. */
function served(namespace: string) {
  const base = deployment('hello', namespace, 2, {
    readinessProbe: {httpGet: {path: '/', port: 8080}, periodSeconds: 1},
    lifecycle: {preStop: {sleep: {seconds: 5}}},
  })
  base.spec.template.spec.terminationGracePeriodSeconds = 10
  const strategy = {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}
  return {...base, spec: {...base.spec, strategy}}
}

const deploy = (service: string, version: string, ...more: readonly string[]) => [
  'deploy',
  service,
  '--image',
  version,
  ...more,
  '--yes',
  '--json',
]
const op = async (verb: 'resume' | 'abort', ...more: readonly string[]) =>
  reportOf(await trial.pp(['op', verb, ...more, '--yes', '--json']))

/** What the Deployment of each site says, and what its Pods are. */
async function running(): Promise<Record<string, string>> {
  const each = namespaces.map(async (namespace) => {
    await trial.untilRolledOut('hello', namespace)
    const {items: deployments} = await trial.get('deployments', namespace)
    const {items: pods} = await trial.get('pods', namespace, '--selector=app=hello')
    const images = [
      ...deployments.map(({spec}: any) => spec.template.spec.containers[0].image),
      ...pods
        .filter(({metadata}: any) => metadata.deletionTimestamp === undefined)
        .map(({spec}: any) => spec.containers[0].image),
    ]
    return [namespace, [...new Set(images)].join()] as const
  })
  return Object.fromEntries(await Promise.all(each))
}
const everywhere = (version: string) => ({trial: image(version), other: image(version)})

describe('killed', () => {
  const onFirst = ['migrate', 'replace', 'roll'].flatMap((step) =>
    (['before', 'after'] as const).map((when) => ({step, when})),
  )
  // Before its first step the second site is as after the last one of the first.
  const onSecond = ['replace 2', 'roll 2'].map((step) => ({step, when: 'after'}) as const)
  const places = [...onFirst, ...onSecond]

  test.each(places.flatMap((one) => (['resume', 'abort'] as const).map((verb) => ({...one, verb}))))(
    '$when $step, $verb ends it on both sites',
    async ({step, when, verb}) => {
      const killed = await trial.pp(deploy('hello', '2.0.0'), {failpoint: `kill ${when} ${step}`})
      expect(killed.exitCode).toBe('SIGKILL')
      expect(reportOf(await trial.pp(deploy('hello', '3.0.0')))).toMatchObject({
        exitCode: 6,
        error: {code: 'OPERATION_UNFINISHED'},
      })
      expect(await op(verb)).toMatchObject({outcome: 'done', exitCode: 0})
      expect(await running()).toEqual(everywhere(verb === 'resume' ? '2.0.0' : '1.0.0'))
      // The migration was played once, whoever went on.
      const {items: jobs} = await trial.get('jobs', 'trial')
      expect(jobs.length).toBe(step === 'migrate' && when === 'before' && verb === 'abort' ? 0 : 1)
    },
  )

  test.each([
    {place: 'before start-canary', verb: 'resume'},
    {place: 'before start-canary', verb: 'abort'},
    {place: 'after start-canary', verb: 'abort'},
    {place: 'before judge-canary', verb: 'resume'},
    {place: 'after judge-canary', verb: 'resume'},
    {place: 'after judge-canary', verb: 'abort'},
  ] as const)('$place, $verb leaves none of the canary, and no request has failed', async ({place, verb}) => {
    const clients = await Clients.of('trial')
    try {
      const canary = deploy('plain', '2.0.0', '--site', 'rack', '--canary', '50%', '--canary-for', '4s')
      const killed = await trial.pp(canary, {failpoint: `kill ${place}`})
      expect(killed.exitCode).toBe('SIGKILL')
      expect(await op(verb)).toMatchObject({error: null, outcome: 'done', exitCode: 0})
    } finally {
      await clients.end()
    }
    const version = verb === 'resume' ? '2.0.0' : '1.0.0'
    expect(await running()).toEqual({trial: image(version), other: image('1.0.0')})
    expect((await trial.get('deployments', 'trial')).items).toHaveLength(1)
    expect(clients.failed).toEqual([])
  })

  test.each([
    {place: 'before replace', verb: 'resume'},
    {place: 'after replace', verb: 'abort'},
    {place: 'after roll', verb: 'abort'},
    {place: 'after replace 2', verb: 'resume'},
  ] as const)('$place of a rollback, $verb ends it on both sites', async ({place, verb}) => {
    expect(reportOf(await trial.pp(deploy('plain', '2.0.0')))).toMatchObject({outcome: 'done'})
    const killed = await trial.pp(['rollback', 'plain', '--yes', '--json'], {failpoint: `kill ${place}`})
    expect(killed.exitCode).toBe('SIGKILL')
    expect(await op(verb)).toMatchObject({act: 'rollback', outcome: 'done', exitCode: 0})
    expect(await running()).toEqual(everywhere(verb === 'resume' ? '1.0.0' : '2.0.0'))
  })

  test('it is finished from another machine, once its lease has run out', async () => {
    const home = await mkdtemp(join(tmpdir(), 'pp-elsewhere-'))
    await trial.pp(deploy('plain', '2.0.0'), {failpoint: 'kill after replace'})
    const [{id}] = reportOf(await trial.pp(['op', 'list', '--json'])).operations
    const env = await trial.fleetElsewhere(home, {plain: {clusters: namespaces, deployment: 'hello'}})
    const there = await trial.pp(['op', 'resume', id, '--yes', '--json'], {env})
    expect(reportOf(there)).toMatchObject({error: null, outcome: 'done'})
    expect(await running()).toEqual(everywhere('2.0.0'))
    expect(await op('resume', id)).toMatchObject({error: {code: 'OPERATION_TAKEN_OVER'}})
  })
})

describe('a version', () => {
  test('goes to both sites, and back to the revision before', async () => {
    expect(reportOf(await trial.pp(deploy('hello', '2.0.0')))).toMatchObject({outcome: 'done', exitCode: 0})
    expect(await running()).toEqual(everywhere('2.0.0'))
    const back = reportOf(await trial.pp(['rollback', 'hello', '--yes', '--json']))
    expect(back).toMatchObject({outcome: 'done', act: 'rollback', clusters: [{}, {}]})
    expect(await running()).toEqual(everywhere('1.0.0'))
  })

  test('goes by a saved plan while the sites run what it was made from, and only then', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'pp-plan-')), 'hello.plan')
    const made = (version: string) =>
      trial.pp(['deploy', 'hello', '--image', version, '--plan', '--out', file, '--json'])
    const applied = async () =>
      reportOf(await trial.pp(['deploy', 'hello', '--apply', file, '--yes', '--json']))
    await made('2.0.0')
    expect(await applied()).toMatchObject({outcome: 'done', exitCode: 0})
    expect(await running()).toEqual(everywhere('2.0.0'))
    // So already.
    expect(await applied()).toMatchObject({outcome: 'done', exitCode: 0, already: true})
    await made('3.0.0')
    await trial.kubectl('set', 'image', 'deployment/hello', `hello=${image('1.0.0')}`, '--namespace=other')
    expect(await applied()).toMatchObject({exitCode: 3, error: {code: 'PLAN_STALE'}})
    expect(await running()).toEqual({trial: image('2.0.0'), other: image('1.0.0')})
  })

  test('whose image is nowhere is put back, and the last line says why', async () => {
    const {stdout, exitCode} = await trial.pp(['deploy', 'plain', '--image', 'nowhere', '--yes'])
    expect(exitCode).toBe(12)
    expect(stdout.trim().split('\n').at(-1)).toMatch(/^undone .* as before: .*nowhere/)
    expect(await running()).toEqual(everywhere('1.0.0'))
  })

  test('whose migration fails changes nothing else', async () => {
    const revisions = async () => (await trial.get('replicasets', 'trial')).items.length
    const before = await revisions()
    const report = reportOf(await trial.pp(deploy('never', '2.0.0')))
    expect(report).toMatchObject({outcome: 'undone', exitCode: 12})
    expect(await revisions()).toBe(before)
  })

  test('whose canary answers nothing is left standing for somebody to decide, and taken back', async () => {
    const canary = deploy('plain', '2.0.0', '--canary', '50%', '--canary-for', '2s')
    expect(reportOf(await trial.pp(canary))).toMatchObject({
      exitCode: 13,
      error: {code: 'CANARY_INCONCLUSIVE'},
    })
    expect((await trial.get('deployments', 'trial')).items).toHaveLength(2)
    expect(await op('abort')).toMatchObject({outcome: 'done'})
    expect(await running()).toEqual(everywhere('1.0.0'))
  })

  test('that somebody else sets meanwhile is not overwritten', async () => {
    const first = trial.start(deploy('plain', '2.0.0'), {failpoint: 'stop before roll'})
    await first.stopped()
    const set = ['set', 'image', 'deployment/hello', `hello=${image('3.0.0')}`] as const
    await trial.kubectl(...set, '--namespace', 'trial')
    first.kill('SIGCONT')
    expect(reportOf(await first.ended)).toMatchObject({
      exitCode: 13,
      error: {code: expect.stringMatching('CHANGED')},
    })
    const left = {trial: image('3.0.0'), other: image('1.0.0')}
    expect(await running()).toEqual(left)
    const abort = await op('abort')
    expect(abort).toMatchObject({outcome: 'degraded', exitCode: 11})
    expect(abort.findings.join()).toContain('somebody else has set; it stays')
    expect(await running()).toEqual(left)
  })

  test('is taken back at Ctrl-C', async () => {
    const waiting = trial.start(deploy('plain', '2.0.0'))
    await waiting.said('… trial: wait until')
    waiting.kill('SIGINT')
    expect(reportOf(await waiting.ended)).toMatchObject({outcome: 'undone', exitCode: 130})
    expect(await running()).toEqual(everywhere('1.0.0'))
  })
})

test('ten deploys in a row fail no request', async () => {
  const clients = await Clients.of('trial')
  try {
    for (let round = 0; round < 10; round++) {
      const version = versions[round % 2] ?? ''
      expect(reportOf(await trial.pp(deploy('plain', version, '--site', 'rack')))).toMatchObject({
        outcome: 'done',
      })
    }
  } finally {
    await clients.end()
  }
  expect(clients.failed).toEqual([])
  expect(clients.asked).toBeGreaterThan(500)
}, 600_000)

/** Clients that ask the service of a namespace without a pause, each time by a new connection. */
class Clients {
  asked = 0
  readonly failed: string[] = []
  #isOver = false
  readonly #clients: readonly Promise<void>[]

  private constructor(page: string) {
    this.#clients = Array.from({length: 4}, () => this.#ask(page))
  }

  static async of(namespace: string): Promise<Clients> {
    const [{address: node}] = (await trial.get('nodes', namespace)).items[0].status.addresses
    await trial.kubectl(
      'patch', 'service/hello', '--namespace', namespace, '--type=merge',
      '--patch={"spec":{"type":"NodePort","ports":[{"port":8080,"nodePort":30808}]}}',
    ) // prettier-ignore
    const page = `http://${node}:30808`
    // kube-proxy takes a moment to open the port.
    while (!(await fetch(page).catch(() => undefined))?.ok) await sleep(50)
    return new Clients(page)
  }

  async #ask(page: string): Promise<void> {
    while (!this.#isOver) {
      this.asked++
      await fetch(page, {headers: {connection: 'close'}})
        .then(async (answer) => {
          if (!answer.ok) this.failed.push(`${answer.status}`)
          await answer.text()
        })
        .catch((error: unknown) => this.failed.push(String((error as Error).cause ?? error)))
      await sleep(10)
    }
  }

  async end(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#clients)
  }
}
