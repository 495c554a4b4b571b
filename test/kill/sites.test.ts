// Scenario: an operator brings both sites up, and their link is cut, swallows all, or half of it; a node group grows by a host
// and loses exactly the one that is terminated; AWS has no more instances; a host boots late; a group is larger than the machine has room for; AWS's own host is switched off.
// Proves that both clusters are whole, that each site goes on without the other, and that EC2, Auto Scaling, EKS, the cluster
// and the machine tell the same.
// Incident behind it: a desired size that was lowered took the node that still drew, and not the one that had been drained.
import {afterAll, describe, expect, test} from '@jest/globals'
import {existsSync} from 'node:fs'
import {setTimeout as sleep} from 'node:timers/promises'

import {createApi} from '../../services/test/api.ts'
import type {GroupInstance} from '../../src/lib/drivers/aws/types.ts'
import {nodesOf} from '../../src/lib/lab/cluster/nodes.ts'
import {pageUrl} from '../../src/lib/lab/cluster/pages.ts'
import {
  breakSite, inHost, labDown, labPaths, labStatus, labUp, mendHosts, powerOff, powerOn, requireRecord,
} from '../../src/lib/lab/index.ts' // prettier-ignore
import type {Site} from '../../src/lib/lab/sites.ts'
import {createProgress} from '../../src/lib/output/progress.ts'
import {awsContract} from '../lib/drivers/aws/contract.ts'
import {FullLab} from '../in-lab/full-lab.ts'
import {traces} from '../in-lab/traces.ts'

const full = new FullLab('s')
const lab = full.name
const progress = createProgress({stream: {write: () => true}})
afterAll(() => progress.end())

const kubectl = (site: Site, ...args: readonly string[]): Promise<string> => full.kubectl(site, ...args)

async function until(isSo: () => Promise<boolean>, seconds = 120): Promise<void> {
  for (const deadline = Date.now() + seconds * 1000; ;) {
    if (await isSo().catch(() => false)) return
    if (Date.now() > deadline) throw new Error(`it is not so after ${seconds} s`)
    await sleep(500)
  }
}

/** What a host sees of another one. */
const ping = async (from: string, to: string): Promise<string> => {
  const {ip} = (await requireRecord(lab)).hosts.find(({name}) => name === to) ?? {ip: ''}
  const {status, stdout} = await inHost(lab, from, ['ping', '-n', '-c', '1', '-W', '1', ip])
  return status === 0 ? 'answer' : /unreachable/i.test(stdout) ? 'unreachable' : 'silence'
}

describe('two sites', () => {
  test('have a cluster each, whose nodes are Ready, under the contexts rack and aws', async () => {
    const record = await requireRecord(lab)
    for (const [site, count] of [
      ['rack', 2],
      ['aws', 2],
    ] as const) {
      const nodes = await nodesOf(record, site)
      expect(nodes.map(({isReady}) => isReady)).toEqual(Array.from({length: count}, () => true))
      expect(await kubectl(site, 'config', 'current-context')).toBe('rack')
      expect((await kubectl(site, 'get', 'nodes', '--output=name')).split('\n')).toHaveLength(count)
    }
  })

  test('trust nobody whom only the other one knows', async () => {
    const [rack = '', other = ''] = await Promise.all(
      (['rack', 'aws'] as const).map((site) =>
        kubectl(site, 'get', 'configmap', 'kube-root-ca.crt', '--output=jsonpath={.data.ca\\.crt}'),
      ),
    )
    expect(rack).toContain('BEGIN CERTIFICATE')
    expect(other).not.toBe(rack)
  })

  test('are whole for pp, with all services on each', async () => {
    const record = await requireRecord(lab)
    for (const site of ['rack', 'aws'] as const) {
      expect(await (await fetch(pageUrl(record, site))).text()).toContain('<title>')
      const {api, loggedIn} = createApi(pageUrl(record, site))
      const {id} = await api('POST', '/designs', {title: `Made on ${site}`}, await loggedIn())
      expect(id).toEqual(expect.any(String))
    }
    const planned = await full.pp(['scale', 'projects', '4', '--plan', '--json'])
    expect(planned).toMatchObject({exitCode: 0})
    expect(planned.stdout).toContain('"aws"')
  })
})

describe('the link', () => {
  test('that is cut says so to both sites, and each goes on by itself', async () => {
    const {proof} = await breakSite(lab, {kind: 'link', how: 'cut', oneWay: false})
    expect(proof.holds).toBe(true)
    expect([await ping('node1', 'aws-ctl'), await ping('aws-ctl', 'node1')]).toEqual([
      'unreachable',
      'unreachable',
    ])
    expect(await ping('node1', 'db1')).toBe('answer')
    expect((await labStatus(lab)).parts).toEqual([{part: 'link', faults: ['cut']}])
    // The operator has a way of his own to each site.
    for (const site of ['rack', 'aws'] as const)
      expect(await kubectl(site, 'get', 'nodes')).toContain('Ready')
    const [mended] = await mendHosts(lab, 'link')
    expect(mended?.proof.holds).toBe(true)
    expect([await ping('node1', 'aws-ctl'), await ping('aws-ctl', 'node1')]).toEqual(['answer', 'answer'])
  })

  test('that is a blackhole tells nobody', async () => {
    const {proof} = await breakSite(lab, {kind: 'link', how: 'blackhole', oneWay: false})
    expect(proof).toMatchObject({
      holds: true,
      measured: expect.stringMatching(/^\d+ packets dropped, no answer$/),
    })
    expect([await ping('node1', 'aws-ctl'), await ping('aws-ctl', 'node1')]).toEqual(['silence', 'silence'])
    await mendHosts(lab, undefined)
    expect((await labStatus(lab)).parts).toEqual([{part: 'link', faults: []}])
    expect(await ping('node1', 'aws-ctl')).toBe('answer')
  })

  test('that is a blackhole one way still brings to the rack what aws sends', async () => {
    await breakSite(lab, {kind: 'link', how: 'blackhole', oneWay: true})
    const heard = inHost(lab, 'node1', ['timeout', '10', 'python3', '-c', listen])
    await sleep(1500)
    const {ip} = (await requireRecord(lab)).hosts.find(({name}) => name === 'node1') ?? {ip: ''}
    const say = `import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'from aws', ('${ip}', 9999))`
    await inHost(lab, 'aws-ctl', ['python3', '-c', say])
    expect((await heard).stdout.trim()).toBe('from aws')
    expect(await ping('node1', 'aws-ctl')).toBe('silence')
    await mendHosts(lab, 'link')
  })
})

const listen = `import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('', 9999)); print(s.recv(99).decode())`

describe('the AWS of the lab as pp sees it', () => {
  awsContract(async () => ({
    driver: full.aws,
    group: 'services',
    patienceSeconds: 180,
    exhaust: async (zones) => {
      if (zones.length > 0) await breakSite(lab, {kind: 'no-capacity', group: 'services', zones: [...zones]})
      else await mendHosts(lab, 'services')
    },
  }))
})

describe('a node group', () => {
  const serving = async (): Promise<readonly GroupInstance[]> => {
    const group = (await full.aws.listNodeGroups()).find(({name}) => name === 'services')
    return group?.instances.filter(({state}) => state === 'serving') ?? []
  }

  test('that grows late gets a node of its zone, group and instance; terminated, exactly that one is gone', async () => {
    await breakSite(lab, {kind: 'slow-boot', group: 'services', delaySeconds: 8})
    const before = await requireRecord(lab)
    await full.aws.grow('services', 2)
    await sleep(4000)
    expect((await requireRecord(lab)).hosts).toHaveLength(before.hosts.length)
    await until(async () => (await serving()).length === 2)
    await mendHosts(lab, 'services')
    const known = new Set(before.hosts.map(({instance}) => instance))
    const added = (await serving()).find(({id}) => !known.has(id))
    const host = (await requireRecord(lab)).hosts.find(({instance}) => instance === added?.id)
    const node = JSON.parse(await kubectl('aws', 'get', 'node', host?.name ?? '', '--output=json')) as {
      metadata: {labels: Record<string, string>}
      spec: {providerID: string}
    }
    expect(node.spec.providerID).toBe(`aws:///${added?.zone}/${added?.id}`)
    expect(node.metadata.labels).toMatchObject({
      'topology.kubernetes.io/zone': added?.zone,
      'eks.amazonaws.com/nodegroup': 'services',
      'node.kubernetes.io/instance-type': 'c7i.xlarge',
    })
    await full.aws.terminate(added?.id ?? '')
    const folder = labPaths(lab).host(host?.name ?? '')
    await until(async () => !existsSync(folder))
    await until(async () => (await nodesOf(await requireRecord(lab), 'aws')).length === 2)
    expect((await requireRecord(lab)).hosts.map(({name}) => name)).toEqual(before.hosts.map(({name}) => name))
  })

  test('has nodes that KWOK plays beyond the hosts that the lab may have, and they go as hosts do', async () => {
    await labUp(lab, {progress, realNodes: 2})
    const before = await requireRecord(lab)
    await full.aws.grow('services', 2)
    await until(async () => (await serving()).length === 2)
    const record = await requireRecord(lab)
    expect(record.hosts).toEqual(before.hosts)
    const [added] = record.simulated
    expect((await labStatus(lab)).aws).toMatchObject({realNodes: 2, simulated: [added?.node]})
    const known = (await nodesOf(record, 'aws')).find(({name}) => name === added?.node)
    expect(known).toMatchObject({isReady: true})
    expect(known?.providerID).toMatch(new RegExp(`/${added?.instance}$`))
    await full.aws.terminate(added?.instance ?? '')
    await until(async () => (await nodesOf(record, 'aws')).length === 2)
    await until(async () => (await requireRecord(lab)).simulated.length === 0)
    expect((await requireRecord(lab)).hosts).toEqual(before.hosts)
  })

  test('outlives its AWS: the same instances are told when its host has its power back', async () => {
    const before = await serving()
    await powerOff(lab, 'aws-api')
    await expect(full.aws.listNodeGroups()).rejects.toMatchObject({code: 'AWS_UNREACHABLE'})
    await powerOn(lab, 'aws-api')
    await until(async () => (await serving()).length > 0)
    expect(await serving()).toEqual(before)
  })
})

test('down, nothing of either site is left on the machine', async () => {
  expect(await labDown(lab)).toBe(true)
  expect(await traces(lab)).toEqual([])
})
