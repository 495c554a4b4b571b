// What a service says of its queue, read from its Pods through the API server, and the number that comes of it.
import {afterEach, beforeEach, describe, expect, test} from '@jest/globals'

import type {Fleet} from '../../src/lib/fleet/types.ts'
import {sizeForQueue} from '../../src/lib/workload/queue.ts'
import {FakeApiServer} from '../fakes/api-server.ts'
import {deploymentObject, deploymentPath, podObject} from '../fakes/kubernetes-objects.ts'

const pods = '/api/v1/namespaces/pixelpulse/pods'
const metricsOf = (pod: string, port = 8083) => `${pods}/${pod}:${port}/proxy/metrics`
const metrics = (
  depth: number,
  oldest: number,
  jobs: number,
  seconds: number,
) => `# TYPE render_queue_depth gauge
render_queue_depth{service="render"} ${depth}
render_queue_oldest_age_seconds{service="render"} ${oldest}
render_seconds_sum{service="render"} ${seconds}
render_seconds_count{service="render"} ${jobs}
`
const ports = [{name: 'metrics', containerPort: 9000}, {name: 'http', containerPort: 8083}] // prettier-ignore
const deployment = deploymentObject(2, {containers: [{name: 'render', ports}]})

let servers: FakeApiServer[]
beforeEach(() => {
  servers = []
})
afterEach(() => Promise.all(servers.map((one) => one.stop())))

async function cluster(...args: Parameters<typeof answers>): Promise<FakeApiServer> {
  const server = await FakeApiServer.start(answers(...args))
  servers.push(server)
  return server
}
const answers = (
  texts: Readonly<Record<string, string>>,
  others: Readonly<Record<string, unknown>> = {},
) => ({
  [deploymentPath]: deployment,
  [pods]: Object.keys(texts).map((name) => podObject(name, 'node1')),
  ...Object.fromEntries(Object.entries(texts).map(([name, text]) => [metricsOf(name), text])),
  ...others,
})

const fleetOf = (...kubeconfigs: readonly string[]): Fleet =>
  ({
    clusters: kubeconfigs.map((kubeconfig, index) => ({
      name: `c${index}`,
      site: `site${index}`,
      kubeconfig,
      context: undefined,
      namespace: 'pixelpulse',
      aws: undefined,
      nodeGroups: [],
    })),
    services: [{name: 'render', deployment: 'render', clusters: kubeconfigs.map((_, index) => `c${index}`)}],
  }) as unknown as Fleet

describe('the size for a queue', () => {
  test('comes from the jobs that wait and from how long one has taken, over all Pods and clusters', async () => {
    // Both tell of the one queue that they share; each of the jobs that it has drawn itself.
    const rack = await cluster({'render-1': metrics(40, 10, 30, 90)})
    const aws = await cluster({'render-2': metrics(42, 12, 10, 10)})
    expect(await sizeForQueue(fleetOf(rack.kubeconfig, aws.kubeconfig), 'render', undefined, 30)).toEqual({
      // 42 × 100/40 s ÷ (30 - 12) s
      replicas: 6,
      arithmetic:
        '42 jobs × 2.5 s each ÷ 18 s = 6 (within 30 s, of which 12 s are gone; the oldest has waited 12 s)',
    })
    expect(rack.asked.at(-1)).toBe(metricsOf('render-1'))
  })

  test('asks only Pods of the service that are ready, at the port named http', async () => {
    const waiting = {...podObject('render-2', 'node1'), status: {phase: 'Running', conditions: []}}
    const other = podObject('gateway-1', 'node1')
    const all = [
      podObject('render-1', 'node1'),
      waiting,
      {...other, metadata: {...other.metadata, labels: {}}},
    ]
    const rack = await cluster({'render-1': metrics(4, 0, 1, 3)}, {[pods]: all})
    expect((await sizeForQueue(fleetOf(rack.kubeconfig), 'render', undefined, 6)).replicas).toBe(2)
    expect(rack.asked.filter((path) => path.includes('/proxy/'))).toEqual([metricsOf('render-1')])
  })

  test('asks ten Pods at most: all of them know the queue', async () => {
    const names = Array.from({length: 14}, (_, index) => `render-${index}`)
    const rack = await cluster(Object.fromEntries(names.map((name) => [name, metrics(4, 0, 1, 3)])))
    expect((await sizeForQueue(fleetOf(rack.kubeconfig), 'render', undefined, 6)).replicas).toBe(2)
    expect(rack.asked.filter((path) => path.includes('/proxy/'))).toHaveLength(10)
  })

  test('does without a Pod that says nothing, and without a cluster that is silent', async () => {
    const silent = podObject('render-9', 'node1')
    const rack = await cluster(
      {'render-1': metrics(4, 0, 1, 3)},
      {[pods]: [silent, podObject('render-1', 'node1')]},
    )
    const nowhere = await FakeApiServer.start({})
    await nowhere.stop()
    const fleet = fleetOf(rack.kubeconfig, nowhere.kubeconfig)
    expect((await sizeForQueue(fleet, 'render', undefined, 6)).replicas).toBe(2)
  })
})

describe('a queue is not known', () => {
  test.each([
    {name: 'where no Pod is ready', texts: {}, others: {}, asked: 0},
    {name: 'where Pods tell of no queue', texts: {'render-1': 'up 1\n'}, others: {}, asked: 1},
    {name: 'where no job has been done yet', texts: {'render-1': metrics(4, 0, 0, 0)}, others: {}, asked: 1},
    {
      name: 'where no port is named http',
      texts: {'render-1': metrics(4, 0, 1, 3)},
      others: {[deploymentPath]: deploymentObject(2)},
      asked: 0,
    },
  ])('$name: refused, with what to type instead', async ({texts, others, asked}) => {
    const rack = await cluster(texts, others)
    await expect(sizeForQueue(fleetOf(rack.kubeconfig), 'render', undefined, 30)).rejects.toMatchObject({
      code: 'QUEUE_UNKNOWN',
      outcome: 'refused',
      message: `No Pod of render that is ready tells of a queue and of how long a job takes (${asked} asked).`,
      hint: 'pp scale render +2 --plan',
    })
  })

  test('and a fleet that is silent altogether says why', async () => {
    const nowhere = await FakeApiServer.start({})
    await nowhere.stop()
    await expect(sizeForQueue(fleetOf(nowhere.kubeconfig), 'render', undefined, 30)).rejects.toMatchObject({
      outcome: 'unavailable',
    })
  })
})
