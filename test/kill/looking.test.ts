// Scenario: something is wrong with a service on the rack, and the operator looks at both sites: why it is not ready, what it wrote,
// what it takes, what is left while a node is off and while a control plane says nothing.
// Proves that several causes are told apart when they are there at once, each on its own site, and that what is away costs its own
// row only.
import {beforeAll, describe, expect, test} from '@jest/globals'
import {execa} from 'execa'
import {join} from 'node:path'

import {until} from '../../services/test/until.ts'
import {freeze, mend, powerOff, powerOn} from '../../src/lib/lab/index.ts'
import {packageRoot} from '../../src/lib/package-root.ts'
import type {Site} from '../../src/lib/lab/sites.ts'
import type {ClusterGlance} from '../../src/lib/workload/glance/types.ts'
import type {ClusterLoad} from '../../src/lib/workload/top/observe.ts'
import type {ClusterCauses} from '../../src/lib/workload/why/why.ts'
import {FullLab} from '../in-lab/full-lab.ts'
import {runPp} from '../run-pp.ts'

const lab = new FullLab('k')
let image: string
beforeAll(async () => {
  // It would set back the number of Pods that a test asks for.
  await kubectl('delete', 'horizontalpodautoscaler', 'collab')
  image = await kubectl('get', 'deployment/collab', '--output=jsonpath={..containers[0].image}')
})

const pp = (...argv: readonly string[]) => runPp(argv, {env: {PP_LAB: lab.name}})
const kubectl = (...args: readonly string[]) => lab.kubectl('rack', ...args)

const settled = () => kubectl('rollout', 'status', 'deployment/collab', '--timeout=120s')

async function collabMended(): Promise<void> {
  await kubectl('delete', 'quota', 'small', '--ignore-not-found')
  await kubectl('uncordon', 'node1', 'node2')
  await kubectl('set', 'image', 'deployment/collab', `service=${image}`)
  await kubectl('scale', 'deployment/collab', '--replicas=2')
  await settled()
  await until('the others to be gone', async () => (await podsOf()).length === 2, 90)
}

const sites: readonly Site[] = ['rack', 'aws']

async function causesOf(service: string, on: Site = 'rack'): Promise<ClusterCauses['causes']> {
  const {clusters} = (await pp('why', service, '--json')).json() as {clusters: readonly ClusterCauses[]}
  return clusters.find(({site}) => site === on)!.causes
}
const kindsOf = async (service: string, on?: Site) => (await causesOf(service, on)).map(({kind}) => kind)

test('three causes at once are told apart, each with its Pods and its evidence', async () => {
  await kubectl(
    'patch',
    'deployment',
    'collab',
    '--patch',
    '{"spec":{"strategy":{"rollingUpdate":{"maxSurge":2}}}}',
  )
  await kubectl('scale', 'deployment/collab', '--replicas=2')
  await settled()
  await kubectl('set', 'image', 'deployment/collab', 'service=docker.io/pixelpulse/collab:absent')
  await until('the pull to fail', async () => (await kindsOf('collab')).includes('image'), 60)
  await kubectl('cordon', 'node1', 'node2')
  await kubectl('scale', 'deployment/collab', '--replicas=4')
  await until('Pods without a node', async () => (await kindsOf('collab')).includes('cordon'), 60)
  const running = (
    await kubectl('get', 'pods', '--field-selector=status.phase!=Succeeded', '--output=name')
  ).split('\n')
  await kubectl('create', 'quota', 'small', `--hard=pods=${running.length + 1}`)
  await until(
    'the quota to be counted',
    async () => (await kubectl('get', 'quota', 'small', '--output=jsonpath={.status.used.pods}')) !== '',
  )
  await kubectl('scale', 'deployment/collab', '--replicas=9')
  await until('Pods over the quota', async () => (await kindsOf('collab')).includes('quota'), 60)

  const causes = await causesOf('collab')
  expect(
    causes
      .map(({kind}) => kind)
      .slice(0, 3)
      .toSorted(),
  ).toEqual(['cordon', 'image', 'quota'])
  expect(causes.slice(0, 3).map(({pods}) => pods)).toEqual(
    causes
      .slice(0, 3)
      .map(({pods}) => pods)
      .toSorted((a, b) => b - a),
  )
  const of = (kind: string) => causes.find((cause) => cause.kind === kind)!
  expect(of('image').pods).toBe(2)
  expect(of('image').evidence.join()).toContain('docker.io/pixelpulse/collab:absent')
  expect(of('cordon').evidence).toContain('node node1 is cordoned')
  expect(of('cordon').next).toMatch(/ uncordon node1\b/)
  expect(of('quota').evidence.join()).toContain('exceeded quota: small')
  const [, wanted, made] = /^(\d+) (\d+)$/.exec(await totals())!
  expect(of('quota').pods).toBe(Number(wanted) - Number(made))
  const wrongOnRack = ['cordon', 'image', 'quota']
  expect((await kindsOf('collab', 'aws')).filter((kind) => wrongOnRack.includes(kind))).toEqual([])
  expect(causes.every(({firstSeen}) => firstSeen === undefined || Date.parse(firstSeen) <= Date.now())).toBe(
    true,
  )

  await collabMended()
  await until('all to be well', async () => (await kindsOf('collab')).length === 0, 60)
})

/** Pods that the ReplicaSets of collab should have, and those that they have made. */
async function totals(): Promise<string> {
  const sets = await kubectl(
    ...['get', 'replicasets', '--selector=app.kubernetes.io/name=collab'],
    '--output=jsonpath={range .items[*]}{.spec.replicas} {.status.replicas}{"\\n"}{end}',
  )
  const rows = sets
    .trim()
    .split('\n')
    .map((row) => row.split(' ').map(Number))
  const sum = (column: number) => rows.reduce((total, row) => total + (row[column] ?? 0), 0)
  return `${sum(0)} ${sum(1)}`
}

describe('pp logs', () => {
  beforeAll(collabMended)
  interface Line {
    time: string
    site: Site
    pod: string
  }
  const linesOf = async (...argv: readonly string[]): Promise<readonly Line[]> => {
    const {exitCode, stdout} = await pp('logs', 'collab', '--since', '1h', '--json', ...argv)
    expect(exitCode).toBe(0)
    return stdout.split('\n').map((line) => JSON.parse(line) as Line)
  }
  const podsIn = (lines: readonly Line[], on: Site) =>
    new Set(lines.filter(({site}) => site === on).map(({pod}) => pod))

  test('has the lines of all Pods of both sites, in the order of time', async () => {
    const lines = await linesOf()
    expect(lines.map(({time}) => time)).toEqual(lines.map(({time}) => time).toSorted())
    expect(podsIn(lines, 'rack').size).toBe(2)
    expect(podsIn(lines, 'aws')).toEqual(new Set(await podsOf('aws')))
  })

  test('has those of one site with --site', async () => {
    const lines = await linesOf('--site', 'aws')
    expect(podsIn(lines, 'aws')).toEqual(new Set(await podsOf('aws')))
    expect(podsIn(lines, 'rack').size).toBe(0)
  })

  test('followed, it hears a Pod that comes, and a container that is started again', async () => {
    const followed = execa(
      process.execPath,
      [join(packageRoot, 'bin/run.js'), 'logs', 'collab', '--follow'],
      {
        env: {PP_LAB: lab.name, NODE_OPTIONS: ''},
        reject: false,
      },
    )
    let heard = ''
    followed.stdout.on('data', (piece: Buffer) => {
      heard += piece.toString()
    })
    try {
      const before = new Set(await podsOf())
      await kubectl('scale', 'deployment/collab', '--replicas=3')
      await settled()
      const [added = ''] = (await podsOf()).filter((pod) => !before.has(pod))
      const listening = () =>
        heard.split('\n').filter((line) => line.includes(`rack/${added} `) && line.includes('listening'))
      await until('the new Pod', async () => listening().length > 0)
      const first = listening().length
      await kubectl('exec', added, '--', 'node', '-e', 'process.kill(1, "SIGTERM")')
      await until('the container again', async () => listening().length > first, 60)
    } finally {
      followed.kill('SIGINT')
      await followed
    }
    const {stdout} = await pp('logs', 'collab', '--previous')
    expect(stdout).toContain('stopped')
  })
})

async function podsOf(site: Site = 'rack'): Promise<readonly string[]> {
  const selector = '--selector=app.kubernetes.io/name=collab'
  const names = await lab.kubectl(site, 'get', 'pods', selector, '--output=name')
  return names.split('\n').map((name) => name.replace('pod/', ''))
}

test('pp top has what metrics-server measured on each site, and the queue that a Pod of render knows', async () => {
  const loads = await until('a measurement of both', async () => {
    const {clusters} = (await pp('top', 'render', '--json')).json() as {clusters: readonly ClusterLoad[]}
    const found = clusters.flatMap(({services}) => services)
    return found.filter(({cpuMillis}) => cpuMillis !== null).length === sites.length && found
  })
  expect(loads.map(({site}) => site)).toEqual(sites)
  for (const {memoryBytes, queue} of loads) {
    expect(memoryBytes).toBeGreaterThan(1e6)
    expect(queue).toEqual({depth: 0, oldestSeconds: 0}) // the same queue
  }
  const {stdout} = await pp('top', 'render')
  for (const site of sites)
    expect(stdout).toMatch(new RegExp(`^render +${site} +\\d+/\\d+ +\\d+m of \\d+m `, 'm'))
})

test('pp services has each service on each site that it runs on', async () => {
  const {exitCode, stdout} = await pp('services', '--json')
  expect(exitCode).toBe(0)
  const {clusters} = JSON.parse(stdout) as {clusters: readonly ClusterGlance[]}
  const onBoth = ['auth', 'collab', 'gateway', 'projects', 'render']
  expect(clusters.map(({site, services}) => [site, services.map(({service}) => service).toSorted()])).toEqual(
    [
      ['rack', [...onBoth, 'thumbnails']],
      ['aws', onBoth],
    ],
  )
  const shown = (await pp('services')).stdout
  for (const site of sites) expect(shown).toMatch(new RegExp(`^gateway +${site} +(\\d+)/\\1 `, 'm'))
  await until('all to be ready', async () => (await pp('services', '--check')).exitCode === 0, 60)
})

test('pp status and pp why say that a node is off', async () => {
  expect((await pp('status')).stdout).toContain('cluster rack  2/2 nodes ready')
  await powerOff(lab.name, 'node2')
  await until(
    'the node to be missed',
    async () => (await pp('status')).stdout.includes('cluster rack  1/2 nodes ready'),
    120,
  )
  const {exitCode, stdout} = await pp('status', '--check')
  expect(exitCode).toBe(13)
  expect(stdout).toContain('! rack: node2 is not ready')
  await until('its Pods to be missed', async () => (await kindsOf('render')).includes('node-not-ready'), 60)
  const [cause] = await causesOf('render')
  expect(cause).toMatchObject({kind: 'node-not-ready'})
  expect(cause?.next).toMatch(/ describe node\/node2$/)
  await powerOn(lab.name, 'node2')
  await until(
    'the node to be back',
    async () => (await pp('status')).stdout.includes('cluster rack  2/2 nodes ready'),
    120,
  )
})

test('a control plane that says nothing costs its own row: the databases and the other site are still shown', async () => {
  await freeze(lab.name, 'ctl1')
  try {
    const {exitCode, stdout} = await pp('status')
    expect(exitCode).toBe(0)
    expect(stdout).toContain('cluster rack  no answer')
    expect(stdout).toContain('no answer within 2 s')
    expect(stdout).toContain('cluster aws   2/2 nodes ready')
    expect(stdout).toMatch(/db\d primary/)
    const why = await pp('why', 'render')
    expect(why.exitCode).toBe(0)
    expect(why.stdout).toMatch(/ rack \? +aws \d+\/\d+ ready$/m)
    expect(why.stdout).toContain('\n! rack: ')
    expect((await pp('why', 'render', '--site', 'rack')).exitCode).toBe(5)
    const top = await pp('top', 'render')
    expect(top.exitCode).toBe(0)
    expect(top.stdout).toMatch(/^render +aws /m)
    expect(top.stdout).toContain('\n! rack: ')
    const services = await pp('services', 'gateway')
    expect(services.exitCode).toBe(0)
    expect(services.stdout).toMatch(/^gateway +aws +(\d+)\/\1 /m)
    expect(services.stdout).toContain('\n✖ rack: ')
    expect((await pp('logs', 'collab', '--since', '1h')).exitCode).toBe(11)
  } finally {
    await mend(lab.name, 'ctl1')
  }
  await until(
    'it to be back',
    async () => (await pp('status')).stdout.includes('cluster rack  2/2 nodes ready'),
    60,
  )
})
