// Scenario: an operator scales render beyond what its nodes in AWS have room for, people order pictures, and everything goes back
// when it is over. Meanwhile AWS has no instance, or one boots late, or pp is killed before and after each of its steps.
// Proves that a node comes for the Pods and goes with them, exactly that one; that no picture is lost; that what does not come is
// told by its cause; and that resume and abort bring the group's size, its nodes and the Deployment to where they belong.
// Incident behind it: a surge for a launch that was over by noon, and eleven nodes that were paid for until the bill came.
import {afterEach, beforeAll, describe, expect, test} from '@jest/globals'
import {setTimeout as sleep} from 'node:timers/promises'

import {until} from '../../services/test/until.ts'
import {untilDrawn, work} from '../../services/test/work.ts'
import {breakSite, mendHosts} from '../../src/lib/lab/index.ts'
import {FullLab} from '../in-lab/full-lab.ts'
import {endStarted, type Ended, type PpOptions} from '../in-lab/pp.ts'

const lab = new FullLab('n')
beforeAll(() => lab.fillNode(), 120_000)

/** What the group has and what the Deployment has, as an operator leaves them. */
const atRest = {desired: 1, instances: 1, cordoned: 0, replicas: 1}

async function now(): Promise<typeof atRest> {
  const {desired, instances} = await group()
  const nodes = JSON.parse(await kubectl('get', 'nodes', '--output=json')) as {
    items: {spec: {unschedulable?: boolean}}[]
  }
  return {
    desired,
    instances: instances.filter(({state}) => state !== 'going').length,
    cordoned: nodes.items.filter(({spec}) => spec.unschedulable).length,
    replicas: Number(await kubectl('get', 'deployment/render', '--output=jsonpath={.spec.replicas}')),
  }
}

async function readyNodes(): Promise<number> {
  const ready = '{range .items[*]}{.status.conditions[?(@.type=="Ready")].status} {end}'
  const told = await kubectl(
    ...['get', 'nodes', '--selector=eks.amazonaws.com/nodegroup=render', `--output=jsonpath=${ready}`],
  )
  return told.split(' ').filter((status) => status === 'True').length
}

const scale = (...args: readonly string[]) => ['scale', 'render', '--site', 'aws', ...args, '--yes', '--json']
const pp = (argv: readonly string[], options?: PpOptions): Promise<Ended> => lab.pp(argv, options)
const group = () => lab.group('render')
const kubectl = (...args: readonly string[]) => lab.kubectl('aws', ...args)

const operationOf = ({stdout, stderr}: Ended): string =>
  /"id": ?"([0-9A-Z]{10})"/.exec(stdout)?.[1] ?? /pp op resume ([0-9A-Z]{10})/.exec(stderr)?.[1] ?? ''

interface Operation {
  readonly id: string
  readonly target: string
  /** None while it is unfinished. */
  readonly outcome?: string
}

/** Newest first. */
async function operationsOfRender(): Promise<readonly Operation[]> {
  const {stdout} = await pp(['op', 'list', '--json'])
  const {operations} = JSON.parse(stdout) as {operations: readonly Operation[]}
  return operations.filter(({target}) => target === 'service/render')
}
const latestOperation = async (): Promise<string> => (await operationsOfRender())[0]?.id ?? ''

/** An instance that goes is there for some seconds more, and KEDA goes down when its own measure allows it. */
const atRestAgain = () => comesTo(atRest)

async function comesTo(wanted: typeof atRest): Promise<void> {
  const is = async () => JSON.stringify(await now()) === JSON.stringify(wanted)
  await until(JSON.stringify(wanted), is, 120).catch(() => undefined)
  expect(await now()).toEqual(wanted)
}

/** The next test begins at rest, whatever became of this one. */
afterEach(async () => {
  await endStarted()
  await mendHosts(lab.name, 'render')
  for (const {id, outcome} of await operationsOfRender()) {
    if (outcome === undefined) await pp(['op', 'abort', id, '--yes'])
  }
  await pp(scale('1'))
  await atRestAgain()
}, 240_000)

test('a node comes for the Pods that do not fit, works, and goes again; every picture is drawn', async () => {
  const page = await lab.page('aws')
  const token = await page.loggedIn()
  const {id: design} = await page.api('POST', '/designs', {title: 'Banner'}, token)
  let isOver = false
  const working = work(page, {token, design: design as string}, () => isOver)

  expect(await pp(scale('6'))).toMatchObject({exitCode: 0})
  expect(await now()).toEqual({desired: 2, instances: 2, cordoned: 0, replicas: 6})
  const pods = await kubectl(
    ...['get', 'pods', '--selector=app.kubernetes.io/name=render'],
    '--output=jsonpath={.items[*].spec.nodeName}',
  )
  expect(new Set(pods.split(' ')).size).toBe(2)

  await sleep(3000)
  expect(await pp(scale('1'))).toMatchObject({exitCode: 0})
  await atRestAgain()
  isOver = true
  const worked = await working
  expect(worked.failed).toEqual([])
  expect(worked.ordered.length).toBeGreaterThan(20)
  await untilDrawn(page, token, worked)
})

describe('what does not come', () => {
  test('is told with what AWS says; what fits runs; undone, nothing is awaited any more', async () => {
    const {zones} = await group()
    await breakSite(lab.name, {kind: 'no-capacity', group: 'render', zones: [...zones]})
    const ended = await pp(scale('6', '--wait-timeout', '90s'))
    expect(ended.exitCode).toBe(11)
    expect(ended.stdout).toContain('InsufficientInstanceCapacity')
    expect(ended.stdout).toContain('aws autoscaling describe-scaling-activities')
    expect(await now()).toEqual({desired: 2, instances: 1, cordoned: 0, replicas: 6})
    expect(await kubectl('get', 'deployment/render', '--output=jsonpath={.status.readyReplicas}')).toBe('4')
    const undone = await pp(['scale', 'render', '--undo', operationOf(ended), '--yes', '--json'])
    expect(undone).toMatchObject({exitCode: 0})
    await atRestAgain()
  })

  test('in time is told, and put back where that was asked for', async () => {
    await breakSite(lab.name, {kind: 'slow-boot', group: 'render', delaySeconds: 120})
    const ended = await pp(scale('6', '--wait-timeout', '10s', '--undo-on-timeout'))
    expect(ended.exitCode).toBe(14)
    expect(ended.stdout).toContain('was launched and has not joined')
    expect(ended.stdout).toContain('aws ec2 get-console-output')
    await atRestAgain()
  })
})

describe('pp that is killed while a node group grows', () => {
  test.each(['before grow', 'after grow', 'before join', 'after join', 'after set'])(
    '%s, resumed, comes to the same; undone, to where it was',
    async (place) => {
      expect(await pp(scale('6'), {failpoint: `kill ${place}`})).toMatchObject({exitCode: 'SIGKILL'})
      const id = await latestOperation()
      expect(await pp(['op', 'resume', id, '--yes', '--json'])).toMatchObject({exitCode: 0})
      expect(await now()).toEqual({desired: 2, instances: 2, cordoned: 0, replicas: 6})
      expect(await pp(['scale', 'render', '--undo', id, '--yes', '--json'])).toMatchObject({exitCode: 0})
      await atRestAgain()
    },
  )

  test.each(['before grow', 'after grow', 'after join', 'after set', 'after ready'])(
    '%s, aborted, gives back what it has added, and that alone',
    async (place) => {
      const [first] = (await group()).instances
      expect(await pp(scale('6'), {failpoint: `kill ${place}`})).toMatchObject({exitCode: 'SIGKILL'})
      expect(await pp(['op', 'abort', await latestOperation(), '--yes', '--json'])).toMatchObject({
        exitCode: 0,
      })
      await atRestAgain()
      expect((await group()).instances[0]?.id).toBe(first?.id)
    },
  )
})

describe('pp that is killed while nodes are given back', () => {
  test.each(['before return', 'after return'])('%s, resumed, comes to the same', async (place) => {
    expect(await pp(scale('6'))).toMatchObject({exitCode: 0})
    expect(await pp(scale('1'), {failpoint: `kill ${place}`})).toMatchObject({exitCode: 'SIGKILL'})
    expect(await pp(['op', 'resume', await latestOperation(), '--yes', '--json'])).toMatchObject({
      exitCode: 0,
    })
    await atRestAgain()
  })

  test('after return, aborted, gets a node again', async () => {
    expect(await pp(scale('6'))).toMatchObject({exitCode: 0})
    expect(await pp(scale('1'), {failpoint: 'kill after return'})).toMatchObject({exitCode: 'SIGKILL'})
    expect(await pp(['op', 'abort', await latestOperation(), '--yes', '--json'])).toMatchObject({exitCode: 0})
    await comesTo({desired: 2, instances: 2, cordoned: 0, replicas: 6})
    // One that is no node yet is left, and told.
    await until('its node', async () => (await readyNodes()) === 2, 120)
    expect(await pp(scale('1'))).toMatchObject({exitCode: 0})
    await atRestAgain()
  })
})
