import {afterAll, beforeAll, describe, expect, test} from '@jest/globals'
import {readFileSync, statSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import {FakeApiServer, kubeconfigFor} from '../fakes/api-server.ts'
import {
  deploymentObject,
  deploymentPath,
  renderCluster,
  scaledObject,
  scaledObjectsPath,
} from '../fakes/kubernetes-objects.ts'
import {savePlan} from '../../src/lib/operation/saved-plan.ts'
import {TemporaryFleet} from '../fleet/temporary-fleet.ts'
import {freePort} from '../free-port.ts'
import {runPp} from '../run-pp.ts'

let rack: FakeApiServer
let aws: FakeApiServer
let fleet: TemporaryFleet

beforeAll(async () => {
  rack = await FakeApiServer.start(
    renderCluster({
      [scaledObjectsPath]: [scaledObject(2, 48)],
      '/api/v1/namespaces/pixelpulse/configmaps': [
        holdNote('busy', '2999-01-01T00:00:00Z'),
        holdNote('render', '2026-01-01T00:00:00Z'),
      ],
    }),
  )
  aws = await FakeApiServer.start(
    renderCluster({
      [deploymentPath]: deploymentObject(0),
      [scaledObjectsPath]: [scaledObject(0, 8)],
      '/api/v1/pods': [],
      '/api/v1/nodes': [],
    }),
  )
  fleet = new TemporaryFleet()
  fleet.write('nowhere', kubeconfigFor(`http://127.0.0.1:${await freePort()}`))
  fleet.rewrite((text) =>
    text.replace(
      /^environments:/m,
      `clusters:
  rack: {site: rack, kubeconfig: ${rack.kubeconfig}, namespace: pixelpulse}
  aws:
    site: aws
    kubeconfig: ${aws.kubeconfig}
    context: rack
    namespace: pixelpulse
    nodeGroups:
      render: {max: 4, zones: [a, b, c], instanceType: c7i.xlarge, node: {cpu: 3920m, memory: 6800Mi, pods: 58}}
  gone: {site: moon, kubeconfig: nowhere, namespace: pixelpulse}
services:
  render: {clusters: [rack, aws]}
  gateway: {clusters: [rack]}
  lost: {clusters: [rack, gone], deployment: render}
  busy: {clusters: [gone, rack], deployment: render}
  auth: {instances: ['http://127.0.0.1:9']}
environments:`,
    ),
  )
})
afterAll(async () => {
  fleet[Symbol.dispose]()
  await rack.stop()
  await aws.stop()
})

/** What a drill writes. */
const holdNote = (service: string, until: string) => ({
  data: {
    hold: JSON.stringify({
      ...{operation: '0F3K8W2QX7', run: 'pod-loss-1', drill: 'pod-loss', owner: 'ana@ops1'},
      ...{services: [service], since: '2026-01-01T00:00:00Z', until},
    }),
  },
})

const pp = (...argv: readonly string[]) => runPp(['scale', ...argv, '--fleet', fleet.file])

test('shows who owns the number, where the Pods fit, what grows and what would be set', async () => {
  const {exitCode, stdout, stderr} = await pp('render', '14', '--plan')
  expect({exitCode, stderr}).toEqual({exitCode: 0, stderr: ''})
  expect(stdout).toBe(
    `render · rack      now 7 (rack 7)      wanted 14      owner KEDA render
  rack   7 → 8    1 more fits on node2 (each takes 1 cpu, 1 GiB memory)
  aws    0 → 6    pool render 0 → 2 nodes for 6 of them (c7i.xlarge, zones a b
         c, max 4)
  cost   $0.42 → $0.78 an hour for all nodes (prices of 2026-11-01)
  how    rack: ScaledObject render min 2 → 8 (max 48 kept)
         aws: ScaledObject render min 0 → 6 (max 8 kept)`,
  )
})

test('gives the same as one document', async () => {
  expect((await pp('render', '+7', '--plan', '--json')).json()).toMatchObject({
    schemaVersion: 1,
    fleet: 'shop',
    environment: 'rack',
    service: 'render',
    now: 7,
    wanted: 14,
    clusters: [
      {
        cluster: 'rack',
        now: 7,
        wanted: 8,
        changes: [{object: 'scaledobject/render', field: 'spec.minReplicaCount', from: 2, to: 8}],
        placements: [{node: 'node2', pods: 1}],
        growth: [],
      },
      {cluster: 'aws', now: 0, wanted: 6, growth: [{group: 'render', from: 0, to: 2, max: 4, pods: 6}]},
    ],
  })
})

test('says what is short and which number fits, and exits 3', async () => {
  const {exitCode, stdout, stderr} = await pp('render', '--surge', '300%', '--plan')
  expect({exitCode, stdout}).toEqual({exitCode: 3, stdout: ''})
  expect(stderr).toContain('CAPACITY_SHORT')
  expect((await pp('render', 'x3', '--plan', '--json')).json()).toMatchObject({
    outcome: 'refused',
    error: {
      code: 'CAPACITY_SHORT',
      message:
        'rack 8 + aws 12, short by 1: rack cpu (2 nodes); aws cpu (4 nodes), pool render max 4; raise with clusters.aws.nodeGroups.render.max in the fleet file.',
      hint: 'pp scale render 20 --plan',
    },
  })
})

test('a number that begins with a minus takes away, from the site that is asked for alone', async () => {
  const {exitCode, stdout} = await pp('render', '-4', '--site', 'rack', '--plan')
  expect(exitCode).toBe(0)
  expect(stdout).toBe(
    `render · rack      now 7 (rack 7)      wanted 3      owner KEDA render
  rack   7 → 3    4 fewer
  cost   $0.42 an hour for all nodes (prices of 2026-11-01)
  how    ScaledObject render min 2 → 3 (max 48 kept)
  !      the autoscaler goes down to 3 when its own measure allows it`,
  )
})

test('the way out keeps to the site', async () => {
  expect((await pp('render', '9', '--site', 'rack', '--plan', '--json')).json()).toMatchObject({
    error: {
      code: 'CAPACITY_SHORT',
      message: 'rack 8, short by 1: cpu (2 nodes).',
      hint: 'pp scale render --site rack 8 --plan',
    },
  })
})

test('bounds of the autoscaler of one site are planned as they are given', async () => {
  const {stdout} = await pp('render', '--site', 'rack', '--min', '2', '--max', '60', '--plan')
  expect(stdout).toContain('  how    ScaledObject render max 48 → 60')
  expect((await pp('render', '--site', 'rack', '--min', '2', '--plan')).stdout).toContain(
    'Nothing to do: render is set so already.',
  )
})

test('a drill that holds the service is said before any plan, also with a cluster silent; --plan only notes it', async () => {
  const refused = await pp('busy', '9', '--site', 'rack', '--yes')
  expect(refused).toMatchObject({exitCode: 6, stdout: ''})
  expect(refused.stderr).toMatch(/^✖ locked {2}SERVICE_IN_DRILL +exit 6\n/)
  expect(refused.stderr).toContain('pp drill undo 0F3K8W2QX7')
  expect((await pp('busy', '9', '--yes', '--json')).json()).toMatchObject({error: {code: 'SERVICE_IN_DRILL'}})
  const planned = await pp('busy', '8', '--site', 'rack', '--plan')
  expect(planned).toMatchObject({exitCode: 0, stdout: expect.stringContaining('wanted 8')})
  expect(planned.stderr).toMatch(/^note: busy is held by the drill pod-loss of ana@ops1 \(run pod-loss-1\)/)
})

test.each([
  ['deploy', 'busy', '--image', '1.5.0', '--yes'],
  ['rollback', 'busy', '--yes'],
  ['rollout', 'pause', 'busy'],
  ['rollout', 'resume', 'busy'],
])('nor does a drill let pp %s %s change it', async (...argv) => {
  const {exitCode, stderr} = await runPp([...argv, '--fleet', fleet.file])
  expect({exitCode, stderr}).toEqual({exitCode: 6, stderr: expect.stringContaining('SERVICE_IN_DRILL')})
})

describe('refuses, with the next command,', () => {
  test.each([
    {argv: ['render', '14', '--yes'], code: 'NODE_GROUP_GROWTH', exit: 3, try: 'pp scale render 14'},
    {argv: ['render', '--plan'], code: 'TARGET_INVALID', exit: 2, try: 'pp scale render 24 --plan'},
    {
      argv: ['render', '24', '--min', '2', '--plan'],
      code: 'TARGET_INVALID',
      exit: 2,
      try: 'pp scale render 24 --plan',
    },
    {argv: ['render', 'many', '--plan'], code: 'TARGET_INVALID', exit: 2, try: 'pp scale render +6 --plan'},
    {
      argv: ['render', '--surge', '50%', '--plan'],
      code: 'TARGET_INVALID',
      exit: 2,
      try: 'pp scale render --surge 300% --plan',
    },
    {argv: ['rendr', '24', '--plan'], code: 'SERVICE_UNKNOWN', exit: 2, try: 'pp scale render 24 --plan'},
    {
      argv: ['auth', '24', '--plan'],
      code: 'SERVICE_WITHOUT_CLUSTER',
      exit: 2,
      try: 'Add services.auth.clusters to the fleet file',
    },
    {argv: ['render', '24', '--site', 'moon', '--plan'], code: 'SITE_UNKNOWN', exit: 2, try: '--site rack'},
    {argv: ['render', '--min', '3', '--plan'], code: 'SITE_NEEDED', exit: 2, try: '--site rack'},
    {
      argv: ['gateway', '3', '--plan'],
      code: 'DEPLOYMENT_UNKNOWN',
      exit: 3,
      try: "Correct the service's deployment",
    },
    {argv: ['render', '-8', '--plan'], code: 'TARGET_BELOW_ZERO', exit: 3, try: 'pp scale render 0 --plan'},
    {argv: ['lost', '9', '--plan'], code: 'CLUSTERS_SILENT', exit: 3, try: '--site rack'},
    {
      argv: ['lost', '9', '--site', 'moon', '--plan'],
      code: 'CLUSTER_UNREACHABLE',
      exit: 5,
      try: 'get --raw /readyz',
    },
  ])('$argv: $code', async ({argv, code, exit, try: next}) => {
    const {exitCode, stdout, stderr} = await pp(...argv)
    expect({exitCode, stdout}).toEqual({exitCode: exit, stdout: ''})
    expect(stderr).toContain(code)
    expect(stderr.replaceAll(/\s+/g, ' ')).toContain(next)
  })
})

describe('a saved plan', () => {
  const saved = () => join(fleet.folder, 'render.plan')
  /** What pp shows of the plan that it has saved. */
  const plan = async (...argv: readonly string[]): Promise<string> => {
    const {exitCode, stdout} = await pp('render', ...argv, '--plan', '--out', saved())
    expect(exitCode).toBe(0)
    expect(statSync(saved()).mode & 0o777).toBe(0o600)
    return stdout
  }

  test.each([
    ['a number', ['8']],
    ['a surge with its wait', ['--surge', '110%', '--wait-timeout', '2m', '--undo-on-timeout']],
    ['a split with an end', ['+1', '--split', 'rack=99,aws=1', '--until', '2h']],
    ['bounds of one site', ['--site', 'rack', '--min', '4']],
  ])('of %s is shown as it was, while nothing has changed', async (_, argv) => {
    const shown = await plan(...argv)
    // Beyond this the cluster of these tests has no answers.
    const {stderr} = await pp('render', '--apply', saved())
    expect(stderr.slice(0, shown.length)).toBe(shown)
    expect(stderr).not.toContain('PLAN_STALE')
  })

  test('that was edited is PLAN_EDITED', async () => {
    await plan('14')
    writeFileSync(saved(), readFileSync(saved(), 'utf8').replace('"waitSeconds": 300', '"waitSeconds": 30'))
    expect((await pp('render', '--apply', saved(), '--yes', '--json')).json()).toMatchObject({
      exitCode: 3,
      error: {code: 'PLAN_EDITED', hint: `pp scale render 24 --plan --out ${saved()}`},
    })
  })

  test.each([
    [
      'that was made from other facts',
      ['14'],
      (text: string) => text.replace(/"planHash": "./, '"planHash": "x'),
    ],
    [
      'whose end has passed',
      ['14', '--until', '2h'],
      (text: string) => text.replace(/"to": "[^"]+"/, '"to": "2026-01-01T00:00Z"'),
    ],
  ])('%s is PLAN_STALE, with what was typed to make it anew', async (_, argv, other) => {
    await plan(...argv)
    const text = readFileSync(saved(), 'utf8')
    expect(other(text)).not.toBe(text)
    const {hash, schemaVersion, ...made} = JSON.parse(other(text)) as Record<string, unknown>
    expect({hash, schemaVersion}).toEqual({hash: expect.any(String), schemaVersion: 1})
    savePlan(saved(), made, '')
    expect((await pp('render', '--apply', saved(), '--yes', '--json')).json()).toMatchObject({
      exitCode: 3,
      error: {
        code: 'PLAN_STALE',
        hint: expect.stringMatching(/^pp scale render 14 .*--plan --out .*render\.plan/),
      },
    })
  })

  test('is of one service in one environment', async () => {
    await plan('14')
    expect((await pp('gateway', '--apply', saved(), '--yes', '--json')).json()).toMatchObject({
      exitCode: 2,
      error: {code: 'PLAN_OF_ANOTHER', hint: `pp scale render --env rack --apply ${saved()}`},
    })
  })

  test.each([
    ['a number beside it', () => ['14', '--apply', saved()], 'TARGET_INVALID'],
    ['no file', () => ['--apply', join(fleet.folder, 'none')], 'PLAN_UNREADABLE'],
    ['another file', () => ['--apply', fleet.file], 'PLAN_UNREADABLE'],
  ])('with %s is a wrong command: exit 2', async (_, argv, code) => {
    await plan('14')
    const {exitCode, stderr} = await pp('render', ...argv(), '--yes')
    expect(exitCode).toBe(2)
    expect(stderr).toContain(code)
  })
})

test('reads only: every request is a GET, and none is for a secret', () => {
  expect(rack.asked.length).toBeGreaterThan(20)
  expect(rack.asked.filter((path) => path.includes('secret'))).toEqual([])
  expect(new Set([...rack.methods, ...aws.methods])).toEqual(new Set(['GET']))
})
