import {afterAll, beforeAll, describe, expect, test} from '@jest/globals'

import {FakeApiServer, kubeconfigFor} from '../fakes/api-server.ts'
import {
  autoscaler,
  deploymentObject,
  deploymentPath,
  nodeObject,
  podObject,
} from '../fakes/kubernetes-objects.ts'
import {TemporaryFleet} from '../fleet/temporary-fleet.ts'
import {freePort} from '../free-port.ts'
import {runPp} from '../run-pp.ts'

const inNamespace = 'namespaces/pixelpulse'
const logOf = (pod: string) => `/api/v1/${inNamespace}/pods/${pod}/log`

const running = (name: string, restarts = 0) => {
  const pod = podObject(name, 'node1')
  return {
    ...pod,
    metadata: {...pod.metadata, annotations: {'prometheus.io/scrape': 'true', 'prometheus.io/port': '8080'}},
    status: {
      ...pod.status,
      containerStatuses: [
        {
          name: 'render',
          image: 'x',
          ready: true,
          restartCount: restarts,
          state: {running: {startedAt: '2026-11-27T12:00:00Z'}},
        },
      ],
    },
  }
}
const broken = (name: string) => ({
  ...podObject(name, 'node1'),
  status: {
    phase: 'Pending',
    conditions: [{type: 'Ready', status: 'False'}],
    containerStatuses: [
      {
        name: 'render',
        image: 'x',
        ready: false,
        state: {waiting: {reason: 'CreateContainerConfigError', message: 'secret "render" not found'}},
      },
    ],
  },
})
const image = 'docker.io/pixelpulse/render:0a1b'
const deployment = (wanted: number, ready: number) => ({
  ...deploymentObject(wanted, {containers: [{name: 'render', image}]}),
  status: {observedGeneration: 3, replicas: wanted, updatedReplicas: wanted, readyReplicas: ready},
})
const cluster = (wanted: number, ready: number, pods: readonly object[], others: object = {}) => ({
  [deploymentPath]: deployment(wanted, ready),
  [deploymentPath.replace(/\/render$/, '')]: [deployment(wanted, ready)],
  [`/api/v1/${inNamespace}/pods`]: pods,
  '/api/v1/nodes': [nodeObject('node1', '4', {'pixelpulse.io/pool': 'render'})],
  [`/apis/autoscaling/v2/${inNamespace}/horizontalpodautoscalers`]: [autoscaler('render', 'render')],
  ...others,
})

let rack: FakeApiServer
let aws: FakeApiServer
let silent: FakeApiServer
let fleet: TemporaryFleet

beforeAll(async () => {
  rack = await FakeApiServer.start(
    cluster(2, 1, [running('render-1', 3), broken('render-2')], {
      [`/apis/metrics.k8s.io/v1beta1/${inNamespace}/pods`]: [
        {metadata: {name: 'render-1'}, containers: [{usage: {cpu: '249999999n', memory: '300000Ki'}}]},
        {metadata: {name: 'other'}, containers: [{usage: {cpu: '9', memory: '1Gi'}}]},
      ],
      [`/api/v1/${inNamespace}/pods/render-1:8080/proxy/metrics`]:
        'render_queue_depth{service="render"} 3\nrender_queue_oldest_age_seconds{service="render"} 12.4\n',
      [logOf('render-1')]: '2026-11-27T12:00:00.1Z first\n2026-11-27T12:00:03Z status 500\n',
    }),
  )
  aws = await FakeApiServer.start(
    cluster(1, 1, [running('render-3')], {[logOf('render-3')]: '2026-11-27T12:00:02.000000001Z second\n'}),
  )
  silent = await FakeApiServer.start(() => undefined)
  fleet = new TemporaryFleet()
  fleet.write('nowhere', kubeconfigFor(`http://127.0.0.1:${await freePort()}`))
  fleet.rewrite((text) =>
    text.replace(
      /^environments:/m,
      `clusters:
  rack: {site: rack, kubeconfig: ${rack.kubeconfig}, namespace: pixelpulse}
  aws: {site: aws, kubeconfig: ${aws.kubeconfig}, namespace: pixelpulse}
  mute: {site: moon, kubeconfig: ${silent.kubeconfig}, namespace: pixelpulse}
  gone: {site: mars, kubeconfig: nowhere, namespace: pixelpulse}
services:
  render: {clusters: [rack, aws, gone]}
  far: {clusters: [mute], deployment: render}
environments:`,
    ),
  )
})
afterAll(async () => {
  fleet[Symbol.dispose]()
  await Promise.all([rack, aws, silent].map((one) => one.stop()))
})

const pp = (...argv: readonly string[]) => runPp([...argv, '--fleet', fleet.file])
const refused = 'does not answer at http://127.0.0.1'

describe('pp why', () => {
  test('says of each cluster what keeps the service from being ready, and that one does not answer', async () => {
    const {exitCode, stdout} = await pp('why', 'render')
    expect(exitCode).toBe(0)
    expect(stdout).toContain('render · rack      rack 1/2 ready      aws 1/1 ready      gone ?\n\nrack\n')
    expect(stdout).toContain(
      '  1 configuration or secret is missing   1 Pod\n    pod/render-2\n    │ container render: secret "render" not found\n',
    )
    expect(stdout).toContain(
      `    → kubectl --kubeconfig ${rack.kubeconfig} --namespace pixelpulse get secrets,configmaps\n`,
    )
    expect(stdout).toContain('\naws: nothing keeps it from being ready\n')
    expect(stdout).toContain(`\n! gone: The API server of gone ${refused}`)
  })

  test('gives the same as one document', async () => {
    expect((await pp('why', 'render', '--json')).json()).toMatchObject({
      schemaVersion: 1,
      service: 'render',
      clusters: [
        {
          cluster: 'rack',
          ready: 1,
          wanted: 2,
          problem: null,
          causes: [{kind: 'config', pods: 1, objects: ['pod/render-2']}],
        },
        {cluster: 'aws', ready: 1, wanted: 1, causes: []},
        {cluster: 'gone', ready: null, wanted: null, problem: expect.stringContaining(refused), causes: []},
      ],
    })
  })

  test('with nothing seen at all, fails as the cluster does', async () => {
    const {exitCode, stdout, stderr} = await pp('why', 'render', '--site', 'mars')
    expect({exitCode, stdout}).toEqual({exitCode: 5, stdout: ''})
    expect(stderr).toContain('CLUSTER_UNREACHABLE')
  })
})

describe('pp logs', () => {
  test('merges the lines of all sites in the order of time, and ends with 11 when one is missing', async () => {
    const {exitCode, stdout, stderr} = await pp('logs', 'render')
    expect(stdout.split('\n').map((line) => line.replace(/^\S+ /, ''))).toEqual([
      'rack/render-1 first',
      'aws/render-3 second',
      'rack/render-1 status 500',
    ])
    expect(stderr).toContain(`! The API server of gone ${refused}`)
    expect(exitCode).toBe(11)
  })

  test('gives a document a line, of one site, and only what matches', async () => {
    const {exitCode, stdout} = await pp(
      'logs',
      'render',
      '--site',
      'rack',
      '--grep',
      'status 5..',
      '--since',
      '1h',
      '--json',
    )
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout)).toEqual({
      schemaVersion: 1,
      time: '2026-11-27T12:00:03.000000000Z',
      cluster: 'rack',
      site: 'rack',
      pod: 'render-1',
      container: 'render',
      text: 'status 500',
    })
    expect(rack.asked).toContain(`${logOf('render-1')}?container=render&timestamps=true&sinceSeconds=3600`)
  })

  test('asks for no log of a container that has not begun', () => {
    expect(rack.asked.filter((path) => path.startsWith(logOf('render-2')))).toEqual([])
  })

  test.each([
    {argv: ['render', '--grep', '('], exitCode: 2, code: 'PATTERN_INVALID'},
    {argv: ['rendr'], exitCode: 2, code: 'SERVICE_UNKNOWN'},
    {argv: ['render', '--site', 'mars'], exitCode: 5, code: 'CLUSTER_UNREACHABLE'},
    {argv: ['render', '--previous', '--follow'], exitCode: 2, code: 'USAGE'},
  ])('$argv: $code', async ({argv, exitCode, code}) => {
    const result = await pp('logs', ...argv)
    expect(result).toMatchObject({exitCode, stdout: ''})
    expect(result.stderr).toContain(code)
  })
})

describe('pp top', () => {
  test('shows what each site takes, and once without a terminal', async () => {
    const {exitCode, stdout} = await pp('top', 'render')
    expect(exitCode).toBe(0)
    expect(stdout).toContain(
      `SERVICE  SITE  READY  CPU            MEMORY            RESTARTS  QUEUE
render   rack  1/2    250m of 2000m  307 MB of 2.1 GB  3         3, oldest 12 s
render   aws   1/1    –              –                 0         –

! aws: CPU and memory are not known: metrics-server has measured no Pod
! gone: The API server of gone ${refused}`,
    )
  })

  test('gives the same as one document', async () => {
    expect((await pp('top', '--json', '--site', 'rack')).json()).toMatchObject({
      schemaVersion: 1,
      clusters: [
        {
          cluster: 'rack',
          services: [
            {
              service: 'render',
              cpuMillis: 250,
              memoryBytes: 307_200_000,
              queue: {depth: 3, oldestSeconds: 12.4},
            },
          ],
        },
      ],
    })
  })
})

describe('pp services', () => {
  test('has a row for each site with the version there, and says what is not ready', async () => {
    const {exitCode, stdout} = await pp('services', 'render', '--check')
    expect(exitCode).toBe(13)
    expect(stdout).toContain(`SERVICE  SITE  READY  VERSION  UP  ERRORS  QUEUE  IMAGE
render   rack  1/2    0a1b     –   –       –      ${image}
render   aws   1/1    0a1b     –   –       –      ${image}
`)
    expect(stdout).toContain('✖ rack: render has 1 of 2 Pods ready; see: pp why render')
    expect(stdout).toContain(`✖ gone: The API server of gone ${refused}`)
  })

  test('a cluster that says nothing costs its own row and two seconds', async () => {
    const {stdout} = await pp('services', 'far')
    expect(stdout).toContain('✖ mute: The API server of mute')
    expect(stdout).toContain('no answer within 2 s')
  })
})

describe('pp status', () => {
  test('shows what autoscalers want and what the nodes cost, and has the same in its document', async () => {
    const {exitCode, stdout} = await pp('status')
    expect(exitCode).toBe(0)
    expect(stdout).toContain(
      '\ncost an hour  $0.21 and a node of aws, nodes of mute, nodes of gone (unknown); ',
    )
    expect(stdout).toMatch(/\n {2}render +1\/2 +HPA 2–8, wants \? +1\/1 +HPA 2–8, wants \?\n/)
    expect((await pp('status', '--json')).json()).toMatchObject({
      cost: {known: 0.21, unknown: ['a node of aws', 'nodes of mute', 'nodes of gone'], date: '2026-11-01'},
      clusters: [
        {
          cluster: 'rack',
          cost: {known: 0.21, unknown: []},
          services: [
            {service: 'render', autoscaler: {hpa: 'render', current: null, desired: null, problems: []}},
          ],
        },
        {cluster: 'aws', cost: {known: 0, unknown: ['a node of aws']}},
        {cluster: 'mute', cost: null},
        {cluster: 'gone', cost: null},
      ],
    })
  })
})

test('only reads: every request is a GET, and none is for a secret', () => {
  expect(new Set([...rack.methods, ...aws.methods])).toEqual(new Set(['GET']))
  expect(rack.asked.filter((path) => path.includes('secret'))).toEqual([])
})
