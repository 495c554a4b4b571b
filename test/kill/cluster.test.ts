// Scenario: an operator brings a cluster up in a lab, runs a service on its two nodes, drains one, loses the power of the
// other, and gets both back; the playbook is played again; the machine is rebooted; the lab is taken down. Another lab has a second cluster on AWS.
// Proves that the parts are the real ones and work together (scheduling, ClusterIP, DNS, metrics, lost nodes), that no
// program may do what another one's credentials are for, and that nothing is left on the machine.
// Incident behind it: a node whose copied administrator's kubeconfig let a container that broke out read every secret.
import {afterAll, beforeAll, describe, expect, jest, test} from '@jest/globals'
import {execa} from 'execa'
import {stat} from 'node:fs/promises'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import * as z from 'zod'

import {playbooksFolder, runPlaybook} from '../../src/lib/drivers/ansible/run-playbook.ts'
import {listInstances} from '../../src/lib/lab/aws/emulator.ts'
import {ensurePrograms} from '../../src/lib/lab/cluster/build.ts'
import {nodesOf} from '../../src/lib/lab/cluster/nodes.ts'
import {programsPath} from '../../src/lib/lab/cluster/programs.ts'
import {
  breakHost, breakSite, inHost, killProcess, labDown, labPaths, labStatus, labUp, mendHosts, powerOff, powerOn, requireRecord,
} from '../../src/lib/lab/index.ts' // prettier-ignore
import {removeRemains} from '../../src/lib/lab/remains.ts'
import type {Site} from '../../src/lib/lab/sites.ts'
import {createProgress} from '../../src/lib/output/progress.ts'
import {lab as ordinaryLab} from '../in-lab/name.ts'
import {traces} from '../in-lab/traces.ts'

const minutes = 60_000
jest.setTimeout(5 * minutes)
const lab = `${ordinaryLab}k`
const progress = createProgress({stream: {write: () => true}})

beforeAll(async () => {
  await ensurePrograms(createProgress())
  await labDown(lab)
  await labUp(lab, {progress, profile: 'rack'})
}, 60 * minutes) // the programs may have to be built first

afterAll(async () => {
  await labDown(lab)
  await progress.end()
})

/** As an operator has it: over the network, with the lab's kubeconfig. */
const kubectl = (args: readonly string[], input = '') =>
  execa(
    join(programsPath(), 'bin/kubectl'),
    ['--kubeconfig', labPaths(lab).kubeconfig, '--context', 'rack', ...args],
    {input, reject: false, timeout: 2 * minutes},
  )

async function answerOf(args: readonly string[], input?: string): Promise<string> {
  const {exitCode, stdout, stderr} = await kubectl(args, input)
  if (exitCode !== 0) throw new Error(`kubectl ${args.join(' ')} ended with ${exitCode ?? '?'}: ${stderr}`)
  return stdout
}

/** Inside a host, past its network. */
async function onHost(host: string, ...argv: readonly [string, ...string[]]): Promise<string> {
  const {status, stdout, stderr} = await inHost(lab, host, argv, {timeoutSeconds: 30})
  if (status !== 0) throw new Error(`${argv.join(' ')} on ${host} ended with ${status}: ${stderr}`)
  return stdout
}

async function until<T>(wanted: T, ask: () => Promise<T>): Promise<void> {
  for (const deadline = Date.now() + minutes; ;) {
    const last = await ask().catch((error: unknown) => error)
    try {
      expect(last).toEqual(wanted)
      return
    } catch (error) {
      if (Date.now() > deadline) throw error
      await sleep(500)
    }
  }
}

const nodeList = z.object({
  items: z.array(
    z.object({
      metadata: z.object({name: z.string()}),
      status: z.object({conditions: z.array(z.object({type: z.string(), status: z.string()}))}),
    }),
  ),
})

/** Of each node what its condition Ready says: True, False, or Unknown when nothing is heard of it. */
async function readiness(): Promise<Record<string, string | undefined>> {
  const {items} = nodeList.parse(JSON.parse(await answerOf(['get', 'nodes', '--output', 'json'])))
  return Object.fromEntries(
    items.map(({metadata, status}) => [
      metadata.name,
      status.conditions.find(({type}) => type === 'Ready')?.status,
    ]),
  )
}

const podList = z.object({
  items: z.array(
    z.object({
      metadata: z.object({name: z.string(), deletionTimestamp: z.string().optional()}),
      spec: z.object({nodeName: z.string().optional()}),
      status: z.object({
        conditions: z.array(z.object({type: z.string(), status: z.string()})).optional(),
      }),
    }),
  ),
})

/** Pods of the service that are Ready and stay. */
async function readyPods(): Promise<readonly {readonly name: string; readonly node: string | undefined}[]> {
  const listed = podList.parse(
    JSON.parse(await answerOf(['get', 'pods', '--selector', 'app=hello', '--output', 'json'])),
  )
  return listed.items
    .filter(({metadata}) => metadata.deletionTimestamp === undefined)
    .filter(({status}) => status.conditions?.some(({type, status: is}) => type === 'Ready' && is === 'True'))
    .map(({metadata, spec}) => ({name: metadata.name, node: spec.nodeName}))
}

const nodesOfPods = async () => (await readyPods()).map(({node}) => node).sort()

const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: {name: 'hello'},
  spec: {selector: {app: 'hello'}, ports: [{port: 80, targetPort: 8080}]},
}

const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {name: 'hello'},
  spec: {
    replicas: 2,
    selector: {matchLabels: {app: 'hello'}},
    template: {
      metadata: {labels: {app: 'hello'}},
      spec: {
        terminationGracePeriodSeconds: 2,
        // A node that is lost is given up soon, so that the story is short.
        tolerations: ['not-ready', 'unreachable'].map((taint) => ({
          key: `node.kubernetes.io/${taint}`,
          operator: 'Exists',
          effect: 'NoExecute',
          tolerationSeconds: 1,
        })),
        topologySpreadConstraints: [
          {
            maxSkew: 1,
            topologyKey: 'kubernetes.io/hostname',
            whenUnsatisfiable: 'DoNotSchedule',
            nodeTaintsPolicy: 'Honor',
            labelSelector: {matchLabels: {app: 'hello'}},
          },
        ],
        containers: [
          {
            name: 'hello',
            image: 'pp.lab/hello:1.0.0',
            args: ['serve'],
            readinessProbe: {httpGet: {path: '/', port: 8080}, periodSeconds: 1},
          },
        ],
      },
    },
  },
}

describe('a cluster that is up', () => {
  test('has two nodes that are Ready, for the context rack', async () => {
    expect(await readiness()).toEqual({node1: 'True', node2: 'True'})
    const version = z.object({serverVersion: z.object({gitVersion: z.string()})})
    const {serverVersion} = version.parse(JSON.parse(await answerOf(['version', '--output', 'json'])))
    expect(serverVersion.gitVersion).toBe('v1.35.4')
  })

  test('is left as it is by a second up', async () => {
    const before = await requireRecord(lab)
    // Without the profile: a lab stays what it is.
    expect(await labUp(lab, {progress})).toMatchObject({booted: [], setUp: false})
    expect(await requireRecord(lab)).toEqual(before)
  })

  test('is not taken for a database, nor made into one', async () => {
    await expect(labUp(lab, {progress, profile: 'database'})).rejects.toMatchObject({
      code: 'LAB_SETTING_DIFFERS',
      exitCode: 3,
    })
    expect(await labStatus(lab)).toMatchObject({
      state: 'up',
      profile: 'rack',
      synchronous: null,
      kubeconfig: labPaths(lab).kubeconfig,
    })
  })

  test('whose playbook is played again is not changed, nor would it be', async () => {
    const again = {
      inventory: join(playbooksFolder, 'inventories/lab-cluster'),
      playbook: join(playbooksFolder, 'kubernetes.yml'),
      extraVarsFile: labPaths(lab).variables,
      sshArgs: ['-F', labPaths(lab).sshConfig],
    }
    expect(await runPlaybook(again)).toMatchObject({changes: [], notices: []})
    expect(await runPlaybook({...again, check: true})).toMatchObject({changes: [], notices: []})
  })

  test('measures its nodes', async () => {
    // The first figures need two measurements, fifteen seconds apart.
    await until(0, async () => (await kubectl(['top', 'nodes'])).exitCode)
    expect(await answerOf(['top', 'nodes', '--no-headers'])).toMatch(/^node1 +\d+m .*\nnode2 +\d+m /)
  })
})

describe('credentials', () => {
  test('are readable for their owner only, here and on the hosts', async () => {
    expect((await stat(labPaths(lab).kubeconfig)).mode & 0o777).toBe(0o600)
    for (const host of ['ctl1', 'node1', 'node2']) {
      const secrets = ['grep', '-rlE', 'PRIVATE KEY|client-key-data', '/etc/kubernetes'] as const
      const files = (await onHost(host, ...secrets)).split('\n')
      expect(files.length).toBeGreaterThanOrEqual(3)
      expect(await onHost(host, 'find', ...files, '-perm', '/077')).toBe('')
      expect(await onHost(host, 'find', ...files, '!', '-user', 'root')).toBe('')
    }
  })

  test('of the administrator and the control plane are on no node', async () => {
    const names = await onHost('node1', 'find', '/etc/kubernetes', '-type', 'f')
    expect(names).not.toMatch(/admin|apiserver|controller|scheduler|etcd|accounts/)
  })

  test.each(['ctl1:6443/api', 'node1:10250/pods', 'node1:10250/metrics'])(
    'are asked for at %s',
    async (place) => {
      const ask = `import ssl, urllib.request as u
u.urlopen("https://${place}", context=ssl._create_unverified_context(), timeout=5)`
      expect(await inHost(lab, 'node2', ['python3', '-c', ask])).toMatchObject({
        status: 1,
        stderr: expect.stringContaining('HTTP Error 401'),
      })
    },
  )

  test.each([
    {whose: 'kubelet', may: ['get', 'nodes', 'node1'], mayNot: ['get', 'secrets', '--all-namespaces']},
    {whose: 'kubelet', may: ['get', 'services'], mayNot: ['label', 'node', 'node2', 'mine=yes']},
    {whose: 'kube-proxy', may: ['get', 'services'], mayNot: ['get', 'pods', '--all-namespaces']},
  ])('of the $whose on a node allow $may and not $mayNot', async ({whose, may, mayNot}) => {
    const as = ['/opt/kubernetes/bin/kubectl', `--kubeconfig=/etc/kubernetes/${whose}/kubeconfig`] as const
    expect(await inHost(lab, 'node1', [...as, ...may])).toMatchObject({status: 0})
    expect(await inHost(lab, 'node1', [...as, ...mayNot])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('Forbidden'),
    })
  })
})

describe('a service', () => {
  test('runs in two Pods on two nodes', async () => {
    await answerOf(['apply', '--filename', '-'], JSON.stringify(service) + JSON.stringify(deployment))
    await answerOf(['rollout', 'status', 'deployment/hello', '--timeout=60s'])
    expect(await nodesOfPods()).toEqual(['node1', 'node2'])
  })

  test('answers at its ClusterIP from every node, from both Pods', async () => {
    const names = (await readyPods()).map(({name}) => `hello from ${name}`).sort()
    const ip = await answerOf(['get', 'service', 'hello', '--output', 'jsonpath={.spec.clusterIP}'])
    const ask = `import urllib.request as u
for _ in range(20): print(u.urlopen("http://${ip}", timeout=3).read().decode().strip())`
    for (const node of ['node1', 'node2']) {
      const answers = new Set((await onHost(node, 'python3', '-c', ask)).split('\n'))
      expect([...answers].sort()).toEqual(names)
    }
  })

  test('is found by its name from its Pods, on each node', async () => {
    for (const {name} of await readyPods())
      for (const known of ['hello', 'hello.default.svc.cluster.local'])
        expect(await answerOf(['exec', name, '--', '/hello', 'get', `http://${known}`])).toMatch(
          /^hello from hello-/,
        )
  })

  test('goes to the other node when one is drained', async () => {
    await answerOf(['drain', 'node1', '--ignore-daemonsets', '--delete-emptydir-data', '--timeout=60s'])
    await until(['node2', 'node2'], nodesOfPods)
    await answerOf(['uncordon', 'node1'])
  })

  test('goes on when the node that has it loses its power, which comes back Ready', async () => {
    const {proof} = await breakHost(lab, {
      kind: 'power-off', host: 'node2', from: [], oneWay: false, process: null, units: [], delayMs: null,
    }) // prettier-ignore
    expect(proof).toEqual({holds: true, measured: 'no process, its address is silent'})
    await until({node1: 'True', node2: 'Unknown'}, readiness)
    await until(['node1', 'node1'], nodesOfPods)
    await mendHosts(lab, 'node2')
    await until({node1: 'True', node2: 'True'}, readiness)
    expect((await requireRecord(lab)).faults).toEqual([])
  })

  test('is scheduled again after the control plane lost its power', async () => {
    await powerOff(lab, 'ctl1')
    await powerOn(lab, 'ctl1')
    await until({node1: 'True', node2: 'True'}, readiness)
    await answerOf(['delete', 'pods', '--selector', 'app=hello', '--wait=false'])
    await until(['node1', 'node2'], nodesOfPods)
  })

  test('outlives its kubelet, which systemd starts again', async () => {
    const before = await readyPods()
    expect((await killProcess(lab, 'node1', 'kubelet')).fault.units).toEqual(['kubelet.service'])
    const [mended] = await mendHosts(lab, 'node1')
    expect(mended?.proof).toEqual({holds: true, measured: 'kubelet.service is active'})
    await until({node1: 'True', node2: 'True'}, readiness)
    expect(await readyPods()).toEqual(before)
  })
})

test('a machine that was rebooted boots its cluster again, with what ran in it', async () => {
  await removeRemains(lab)
  expect((await labStatus(lab)).state).toBe('off')
  const again = await labUp(lab, {progress})
  expect(again.booted).toEqual(['ctl1', 'node1', 'node2'])
  await until(['node1', 'node2'], nodesOfPods)
})

test('down, nothing of the cluster is left on the machine', async () => {
  expect((await traces(lab)).length).toBeGreaterThan(10)
  expect(await labDown(lab)).toBe(true)
  expect(await traces(lab)).toEqual([])
})

describe('a lab of both clusters', () => {
  const both = `${ordinaryLab}w`
  afterAll(() => labDown(both))

  test('has one on each site, joined by the link, and a node of AWS for each instance of its node groups', async () => {
    await labUp(both, {progress, profile: 'cluster'})
    const record = await requireRecord(both)
    const names = async (site: Site) =>
      (await nodesOf(record, site)).map(({name, isReady}) => [name, isReady])
    expect(await names('rack')).toEqual([['node1', true], ['node2', true]]) // prettier-ignore
    const instances = (await listInstances(record)).map(({host}) => host)
    expect(instances).toHaveLength(2)
    expect(await names('aws')).toEqual(instances.sort().map((host) => [host, true]))
    expect(await labStatus(both)).toMatchObject({
      profile: 'cluster',
      synchronous: null,
      parts: [{part: 'link'}],
    })
  })

  test('is cut in two, and whole again', async () => {
    expect((await breakSite(both, {kind: 'link', how: 'cut', oneWay: false})).proof.holds).toBe(true)
    const [mended] = await mendHosts(both, 'link')
    expect(mended?.proof.holds).toBe(true)
  })
})
