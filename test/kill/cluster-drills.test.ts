// Scenario: every drill of clusters and services that comes with pp, one after the other in a fleet of two sites; and pp killed in
// the middle of one with each fault of that kind, which somebody undoes, or nobody.
// Proves that what PixelPulse would schedule meets its objectives, that a burst of orders is drawn by Pods that nobody has started
// by hand, each order once, that no save is lost by dr, and that nothing of a drill outlives its undo: no fault, no note, no mark, no size.
// Incident behind it: a drill of the link that was killed with its terminal; the sites were apart until somebody came to work.
import {afterEach, describe, expect, jest, test} from '@jest/globals'
import {existsSync} from 'node:fs'
import {chmod, mkdir, mkdtemp, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {delimiter, dirname, join} from 'node:path'

import {until} from '../../services/test/until.ts'
import {lostSaves, savedScenes} from '../../services/test/work.ts'
import {inHost, labHealth, requireRecord} from '../../src/lib/lab/index.ts'
import {packageRoot} from '../../src/lib/package-root.ts'
import {drillReport} from '../in-lab/drills.ts'
import {expectDone} from '../in-lab/ended.ts'
import {fleetFile} from '../in-lab/fleet-file.ts'
import {FullLab} from '../in-lab/full-lab.ts'
import {People} from '../in-lab/people.ts'
import {endStarted, patiently, type Ended, type PpOptions} from '../in-lab/pp.ts'

const lab = new FullLab('d')
jest.setTimeout(15 * 60_000)
afterEach(endStarted)

const pp = (argv: readonly string[], options?: PpOptions): Promise<Ended> => lab.pp(argv, options)

/**
 * A busy machine may keep something from answering in time, and a Prometheus that has just begun has no series yet; the drill itself
 * then rightly refuses.
 */
async function run(drill: string, options: PpOptions = {}): Promise<Ended> {
  let checked: Ended | undefined
  const isWell = async () => {
    checked = await pp(['drill', 'check', drill, '--json'], options)
    return checked.exitCode === 0
  }
  await until(`${drill} could run`, isWell, 120).catch(() => undefined)
  expectDone(checked!)
  return pp(['drill', drill, '--yes', '--json'], options)
}

/** What a fault may leave, by name, on both sites, at AWS, on hosts and at the link; and each node that takes no Pod. */
async function leftOver(): Promise<readonly string[]> {
  const onSites = await Promise.all(
    (['rack', 'aws'] as const).map(async (site) => [
      await lab.kubectl(
        site,
        'get',
        'configmaps',
        // A journal is no fault.
        '--selector=app.kubernetes.io/managed-by=pp,!pp.pixelpulse.io/operation',
        '--output=name',
      ),
      await lab.kubectl(
        site,
        'get',
        'nodes',
        '--output=jsonpath={range .items[?(@.spec.unschedulable)]}{.metadata.name} {end}',
      ),
    ]),
  )
  const {siteFaults, faults} = await requireRecord(lab.name)
  const control = await Promise.all(
    ['ctl1', 'aws-ctl'].map(async (host) => {
      const {stdout} = await inHost(lab.name, host, ['systemctl', 'is-active', 'kube-apiserver'])
      return stdout.trim() === 'active' ? '' : `${host} ${stdout.trim()}`
    }),
  )
  return [...onSites.flat(), ...siteFaults.map(({kind}) => kind), ...faults.map(({kind}) => kind), ...control]
    .map((text) => text.trim())
    .filter((text) => text !== '')
}

async function sizes(group: string): Promise<{min: number; desired: number}> {
  const {min, desired} = await lab.group(group)
  return {min, desired}
}

describe('a drill that comes with pp meets its objectives and leaves nothing behind', () => {
  test('render-surge, with a stand-in for k6: each order is drawn, once, by Pods that KEDA has started', async () => {
    const before = await drawn()
    const ended = await run('render-surge', {env: {PATH: `${await standIn()}:${process.env.PATH ?? ''}`}})
    expectDone(ended)
    const {outcome, acts, objectives} = drillReport(ended)
    expect(outcome).toBe('done')
    expect(acts.map(({kind, status}) => [kind, status])).toContainEqual(['load', 'done'])
    expect(objectives).toContainEqual(expect.objectContaining({id: 'load:surge', status: 'met'}))
    const after = await drawn()
    // What the script's rates come to: 15 before the surge, and some 265 in it.
    expect(after.orders - before.orders).toBeGreaterThan(270)
    expect(after).toMatchObject({done: after.orders, twice: 0})
  })

  test.each(['pod-loss', 'link-loss', 'az-loss', 'rack-loss'])('%s', async (drill) => {
    const ended = await run(drill)
    expectDone(ended)
    expect(drillReport(ended)).toMatchObject({outcome: 'done', reasons: []})
    expect(await leftOver()).toEqual([])
  })
})

test('without k6 nothing is played: exit 5, and what to do', async () => {
  const PATH = (process.env.PATH ?? '').split(delimiter).filter((folder) => !existsSync(join(folder, 'k6')))
  const env = {PATH: PATH.join(delimiter)}
  const {exitCode, stdout} = await pp(['drill', 'render-surge', '--yes', '--json'], {env})
  expect({exitCode, ...(JSON.parse(stdout) as object)}).toMatchObject({
    exitCode: 5,
    error: {code: 'K6_MISSING'},
  })
})

test('dr while people work on both sites: no save that was acknowledged is lost, each picture is drawn once', async () => {
  const people = new People(lab.name)
  const ended = await run('dr').finally(() => people.goHome())
  expectDone(ended)
  expect(drillReport(ended)).toMatchObject({outcome: 'done', reasons: []})
  for (const worked of await people.goHome()) {
    expect(worked.saved.length).toBeGreaterThan(30)
    expect(worked.ordered.length).toBeGreaterThan(5)
    expect(lostSaves(worked, await sqlOnPrimary(savedScenes(worked.design)))).toEqual([])
  }
  expect(await drawn()).toMatchObject({twice: 0})
})

/** Orders of pictures so far, those that are drawn, and jobs that were finished more than once. */
async function drawn(): Promise<{orders: number; done: number; twice: number}> {
  const told = await sqlOnPrimary(`select (select count(*) from render.renders),
    (select count(*) from render.renders where state = 'done'),
    (select count(*) from (select data->>'id' from render_queue.job where state = 'completed' group by 1 having count(*) > 1) twice)`)
  const [orders = NaN, done = NaN, twice = NaN] = told.split('|').map(Number)
  return {orders, done, twice}
}

/** @throws Error with what psql says. */
async function sqlOnPrimary(sql: string): Promise<string> {
  const {primary = ''} = await labHealth(await requireRecord(lab.name))
  const asPostgres = ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups', 'psql'] as const
  const {status, stdout, stderr} = await inHost(lab.name, primary, [
    ...asPostgres,
    ...['-XAt', '-d', 'pixelpulse', '-c', sql],
  ])
  if (status !== 0) throw new Error(stderr)
  return stdout.trim()
}

/** @returns a folder with a program `k6` in it. */
async function standIn(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pp-stand-in-'))
  const program = join(packageRoot, 'services/test/k6/stand-in.ts')
  await writeFile(join(folder, 'k6'), `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`)
  await chmod(join(folder, 'k6'), 0o755)
  return folder
}

/** The lab's fleet with a drill `story` that makes one fault and then waits. */
async function withFault(fault: string): Promise<Pick<PpOptions, 'env'>> {
  const file = await fleetFile((yaml) => yaml)
  const folder = join(dirname(file), 'playbooks/drills')
  await mkdir(folder, {recursive: true})
  await writeFile(
    join(folder, 'story.yaml'),
    `apiVersion: pp/v1
title: A drill of a test
why: Something has to be proved.
owner: nobody
environments: [lab]
targets: {database: main, services: [gateway], maxPods: 3, sites: [rack, aws]}
steadyState:
  - {name: clients-write, probe: {marker: {}}, when: [before], allowedMisses: 5}
method:
  - {${fault}, name: broken}
  - wait: 1m
`,
  )
  return {env: {PP_FLEET: file}}
}

const faults = [
  'fault: delete-pods, service: gateway, site: rack',
  'fault: drain, site: aws, zone: us-east-1a',
  'fault: cut-link, expires: 1h',
  'fault: node-group-to-zero, site: aws, group: render, expires: 1h',
  'fault: api-server-down, site: rack, expires: 1h',
  'fault: api-server-down, site: aws, expires: 1h',
]

describe('pp is killed while a fault is in force, or in the middle of making it; undo puts it right', () => {
  for (const place of ['kill before fault', 'kill after fault'])
    test.each(faults)(`${place}: %s`, async (fault) => {
      const story = await withFault(fault)
      const before = await sizes('render')
      const killed = await patiently(() =>
        pp(['drill', 'story', '--yes', '--json'], {...story, failpoint: place}),
      )
      expect(killed.exitCode).toBe('SIGKILL')
      const scaled = await pp(['scale', 'gateway', '+1', '--yes', '--json'], story)
      expect({exitCode: scaled.exitCode, ...(JSON.parse(scaled.stdout) as object)}).toMatchObject({
        exitCode: 6,
        error: {code: 'SERVICE_IN_DRILL'},
      })
      const undone = await pp(['drill', 'undo', '--yes', '--json'], story)
      expect(undone).toMatchObject({exitCode: 12})
      expect(await leftOver()).toEqual([])
      expect(await sizes('render')).toEqual(before)
    })
})

describe('pp is killed, and nobody undoes it: it ends by itself', () => {
  test.each([
    {
      fault: 'fault: cut-link, expires: 20s',
      isOver: async () => (await requireRecord(lab.name)).siteFaults.length === 0,
    },
    {
      fault: 'fault: node-group-to-zero, site: aws, group: render, expires: 60s',
      isOver: async () => (await sizes('render')).desired === 1,
    },
    {
      fault: 'fault: api-server-down, site: aws, expires: 20s',
      isOver: async () =>
        (await inHost(lab.name, 'aws-ctl', ['systemctl', 'is-active', 'kube-apiserver'])).stdout.trim() ===
        'active',
    },
  ])('$fault', async ({fault, isOver}) => {
    const story = await withFault(fault)
    const killed = await patiently(() =>
      pp(['drill', 'story', '--yes', '--json'], {...story, failpoint: 'kill after fault'}),
    )
    expect(killed.exitCode).toBe('SIGKILL')
    expect(await isOver()).toBe(false)
    await until('its end', isOver, 240)
    const undone = await pp(['drill', 'undo', '--yes', '--json'], story)
    expect(undone).toMatchObject({exitCode: 12})
    expect(await leftOver()).toEqual([])
  })
})
