// Scenario: operators scale services in a real cluster, which plays two sites in two namespaces. pp is killed before and after
// each step, and the operation is finished or taken back, also from another machine; others scale at the same time, by pp and
// past it; the API server goes away in the middle; Pods do not get ready in time.
// Proves that what is set is given back to its owner field by field, that nobody is overruled, and that nothing is lost with pp.
// Incident behind it: an emergency scale that outlived its operator, and was found on the bill.
/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-return, @typescript-eslint/no-unsafe-call --
   documents of pp and of kubectl, as they come */
import {beforeEach, describe, expect, test} from '@jest/globals'
import {mkdtemp} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'

import {killProcess} from '../../src/lib/lab/index.ts'
import {deployment, reportOf, Trial} from '../in-lab/trial.ts'

const trial = new Trial(
  's',
  `      hello: {clusters: [trial]}
      both: {clusters: [trial, other], deployment: hello}
      kept: {clusters: [trial]}`,
)
const {lab} = trial
const kubectl = trial.kubectl.bind(trial)
const apply = trial.apply.bind(trial)
const start = trial.start.bind(trial)
const pp = trial.pp.bind(trial)

const scale = (service: string, ...more: readonly string[]) => [
  'scale',
  service,
  ...more,
  '--confirm',
  service,
  '--json',
]

/** Value and owners of the fields of an object that say how many. */
async function fieldsOf(object: string, namespace = 'trial') {
  const {spec, metadata} = JSON.parse(
    await kubectl('get', object, '--namespace', namespace, '--output=json', '--show-managed-fields'),
  )
  const names = Object.keys(spec).filter((name) => /replica/i.test(name))
  const owners = (name: string) =>
    metadata.managedFields
      .filter(({fieldsV1}: {fieldsV1: any}) => fieldsV1['f:spec']?.[`f:${name}`])
      .map(({manager}: {manager: string}) => manager)
  return Object.fromEntries(names.map((name) => [name, [spec[name], ...owners(name)]]))
}
const byKubectl = (value: number) => [value, 'kubectl-client-side-apply']
const byPp = (value: number) => [value, 'pp']

async function marked(): Promise<number> {
  const pods = await kubectl('get', 'pods', '--namespace', 'trial', '--output=json')
  const {items} = JSON.parse(pods)
  return items.filter(
    ({metadata}: {metadata: {annotations?: Record<string, string>; deletionTimestamp?: string}}) =>
      metadata.deletionTimestamp === undefined &&
      metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'],
  ).length
}

describe('a Deployment that nobody else scales', () => {
  test('goes up and down again, and its owner has it back', async () => {
    const up = reportOf(await pp(scale('hello', '4')))
    expect(up).toMatchObject({
      outcome: 'done',
      exitCode: 0,
      clusters: [{cluster: 'trial', replicas: 4, ready: 4}],
    })
    expect(await fieldsOf('deployment/hello')).toEqual({replicas: byPp(4)})
    expect(reportOf(await pp(scale('hello', '4')))).toMatchObject({outcome: 'done', wanted: 4})

    const down = reportOf(await pp(scale('hello', '2')))
    expect(down).toMatchObject({outcome: 'done', clusters: [{replicas: 2, ready: 2}]})
    // The first undo has nothing to give back any more: somebody, pp itself, has set another number since.
    const first = await pp(['scale', 'hello', '--undo', up.operation.id, '--yes', '--json'])
    expect(reportOf(first)).toMatchObject({outcome: 'degraded', exitCode: 11})
    const {items} = JSON.parse(await kubectl('get', 'events', '--namespace', 'trial', '--output=json'))
    expect(items.map(({reason}: {reason: string}) => reason)).toContain('ScaleLeft')
    expect(await fieldsOf('deployment/hello')).toEqual({replicas: byPp(2)})

    expect(
      reportOf(await pp(['scale', 'hello', '--undo', down.operation.id, '--yes', '--json'])),
    ).toMatchObject({
      outcome: 'done',
    })
    expect(await fieldsOf('deployment/hello')).toEqual({replicas: byPp(4)})
  })

  test('is told apart by site when it runs on two', async () => {
    const {clusters} = reportOf(await pp(scale('both', '6', '--site', 'aws')))
    expect(clusters).toMatchObject([{cluster: 'other', site: 'aws', ready: 6}])
    expect(reportOf(await pp(scale('both', '9')))).toMatchObject({outcome: 'done'})
    expect(await kubectl('get', 'leases', '--namespace', 'other', '--output=name')).toContain('pp-both')
  })
})

describe('an autoscaler', () => {
  test('is moved by its bounds, an HPA', async () => {
    await apply(deployment('kept', 'trial', 1))
    await apply({
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: {name: 'kept', namespace: 'trial'},
      spec: {
        scaleTargetRef: {apiVersion: 'apps/v1', kind: 'Deployment', name: 'kept'},
        minReplicas: 1,
        maxReplicas: 2,
        metrics: [
          {type: 'Resource', resource: {name: 'cpu', target: {type: 'Utilization', averageUtilization: 80}}},
        ],
      },
    })
    const {operation, ...report} = reportOf(await pp(scale('kept', '3')))
    expect(report).toMatchObject({outcome: 'done', clusters: [{ready: 3, replicas: 3}]})
    expect(await fieldsOf('hpa/kept')).toEqual({minReplicas: byPp(3), maxReplicas: byPp(3)})
    await kubectl(
      'patch',
      'hpa/kept',
      '--namespace',
      'trial',
      '--type=merge',
      '--patch={"spec":{"maxReplicas":9}}',
    )
    const undo = reportOf(await pp(['scale', 'kept', '--undo', operation.id, '--yes', '--json']))
    expect(undo).toMatchObject({outcome: 'degraded'})
    expect(undo.findings.join()).toContain('maxReplicas is 9')
    expect(await fieldsOf('hpa/kept')).toEqual({minReplicas: byKubectl(1), maxReplicas: [9, 'kubectl-patch']})
  })
})

describe('killed', () => {
  const places = [
    ...['set', 'ready'].map((step) => ({from: 1, to: 3, step})),
    ...['choose', 'set', 'ready'].map((step) => ({from: 3, to: 1, step})),
  ].flatMap((one) => (['before', 'after'] as const).map((when) => ({...one, when})))

  test.each(places.flatMap((one) => (['resume', 'abort'] as const).map((then) => ({...one, then}))))(
    '$when $step from $from to $to, $then ends it',
    async ({from, to, step, when, then}) => {
      await apply(deployment('hello', 'trial', from))
      await kubectl('rollout', 'status', 'deployment/hello', '--namespace', 'trial', '--timeout=60s')
      const killed = await pp(scale('hello', String(to)), {failpoint: `kill ${when} ${step}`})
      expect(killed.exitCode).toBe('SIGKILL')
      expect(reportOf(await pp(scale('hello', '7')))).toMatchObject({
        exitCode: 6,
        error: {code: 'OPERATION_UNFINISHED'},
      })
      expect(reportOf(await pp(['op', then, '--yes', '--json']))).toMatchObject({
        outcome: 'done',
        exitCode: 0,
      })
      const expected = then === 'resume' ? byPp(to) : byKubectl(from)
      expect(await fieldsOf('deployment/hello')).toEqual({replicas: expected})
      expect(await marked()).toBe(0)
      // Nothing is in the way of the next.
      expect(reportOf(await pp(scale('hello', '2')))).toMatchObject({outcome: 'done'})
    },
  )

  test.each(['before', 'after'] as const)(
    '%s it has put something back, a second abort ends it',
    async (when) => {
      await pp(scale('hello', '3'), {failpoint: 'kill after set'})
      const abort = await pp(['op', 'abort', '--yes', '--json'], {failpoint: `kill ${when} restore`})
      expect(abort.exitCode).toBe('SIGKILL')
      expect(reportOf(await pp(['op', 'abort', '--yes', '--json']))).toMatchObject({outcome: 'done'})
      expect(await fieldsOf('deployment/hello')).toEqual({replicas: byKubectl(1)})
    },
  )

  test('it is seen, shown and finished from another machine, once its lease has run out', async () => {
    const home = await mkdtemp(join(tmpdir(), 'pp-elsewhere-'))
    await pp(scale('hello', '3'), {failpoint: 'kill after set'})
    const {operations} = reportOf(await pp(['op', 'list', '--json']))
    const [{id}] = operations
    const elsewhere = await trial.fleetElsewhere(home, {hello: {clusters: ['trial']}})
    const there = (argv: readonly string[]) => pp(argv, {env: elsewhere})
    expect(reportOf(await there(['op', 'list', '--json'])).operations).toMatchObject([
      {id, target: 'service/hello'},
    ])
    expect(reportOf(await there(['op', 'show', id, '--json'])).records.length).toBeGreaterThan(3)
    expect(reportOf(await there(['op', 'resume', id, '--yes', '--json']))).toMatchObject({outcome: 'done'})
    expect(reportOf(await pp(['op', 'resume', id, '--yes', '--json']))).toMatchObject({
      error: {code: 'OPERATION_TAKEN_OVER'},
    })
    expect(await fieldsOf('deployment/hello')).toEqual({replicas: byPp(3)})
  })
})

describe('others at the same time', () => {
  test('a second pp is told who has it', async () => {
    // Longer than a busy machine takes for the second.
    const env = {PP_LEASE_SECONDS: '60'}
    const first = start(scale('hello', '3'), {failpoint: 'stop after set', env})
    await first.stopped()
    const second = reportOf(await pp(scale('hello', '5')))
    expect(second).toMatchObject({exitCode: 6, error: {code: 'TARGET_LOCKED'}})
    first.kill('SIGCONT')
    expect(reportOf(await first.ended)).toMatchObject({outcome: 'done'})
  })

  test('one that slept longer than its lease finds that another has ended its operation, and does nothing more', async () => {
    const first = start(scale('hello', '3'), {failpoint: 'stop after set'})
    await first.stopped()
    await sleep(8000)
    expect(reportOf(await pp(['op', 'abort', '--yes', '--json']))).toMatchObject({outcome: 'done'})
    first.kill('SIGCONT')
    expect(reportOf(await first.ended)).toMatchObject({exitCode: 6, error: {code: 'OPERATION_TAKEN_OVER'}})
    expect(await fieldsOf('deployment/hello')).toEqual({replicas: byKubectl(1)})
  })

  test('what was changed between the question and the act is not what was shown', async () => {
    const first = start(scale('hello', '+2'), {failpoint: 'stop before set'})
    await first.stopped()
    await kubectl('scale', 'deployment/hello', '--namespace', 'trial', '--replicas=2')
    first.kill('SIGCONT')
    // Under the lock: seen by the version that was read, looked at again, and set from what it is now.
    expect(reportOf(await first.ended)).toMatchObject({
      outcome: 'done',
      clusters: [{replicas: 3, fields: [{was: 2, to: 3}]}],
    })
  })

  test('whoever sets another number while pp waits is not overruled', async () => {
    const first = start(scale('hello', '3'), {failpoint: 'stop before ready'})
    await first.stopped()
    await kubectl('scale', 'deployment/hello', '--namespace', 'trial', '--replicas=2')
    first.kill('SIGCONT')
    const report = reportOf(await first.ended)
    expect(report).toMatchObject({outcome: 'different', exitCode: 16})
    expect(report.findings.join()).toContain('replicas is 2 by now, set by kubectl')
    expect((await fieldsOf('deployment/hello')).replicas).toEqual([2, 'kubectl'])
  })
})

test('a saved plan is carried out while what it was made from still holds, and only then', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'pp-plan-')), 'hello.plan')
  const made = () => pp(['scale', 'hello', '+1', '--plan', '--out', file, '--json'])
  const applied = async () =>
    reportOf(await pp(['scale', 'hello', '--apply', file, '--confirm', 'hello', '--json']))
  expect(reportOf(await made())).toMatchObject({now: 1, wanted: 2})
  await kubectl('scale', 'deployment/hello', '--replicas=3', '--namespace=trial')
  expect(await applied()).toMatchObject({exitCode: 3, error: {code: 'PLAN_STALE'}})
  expect(await fieldsOf('deployment/hello')).toMatchObject({replicas: [3, expect.anything()]})
  expect(reportOf(await made())).toMatchObject({now: 3, wanted: 4})
  expect(await applied()).toMatchObject({
    outcome: 'done',
    clusters: [{cluster: 'trial', replicas: 4, ready: 4}],
  })
  // One more than now would be another plan.
  expect(await applied()).toMatchObject({exitCode: 3, error: {code: 'PLAN_STALE'}})
})

describe('Pods that do not get ready', () => {
  const neverReady = {readinessProbe: {exec: {command: ['/nowhere']}, periodSeconds: 1}}
  beforeEach(async () => {
    await apply(deployment('kept', 'trial', 0, neverReady))
  })

  test('are told by cause when time has run out; what was set stays', async () => {
    const report = reportOf(await pp(scale('kept', '2', '--wait-timeout', '4s')))
    expect(report).toMatchObject({outcome: 'degraded', exitCode: 11, clusters: [{ready: 0, wanted: 2}]})
    expect(report.findings.join()).toMatch(/trial: 0 of 2 ready.*trial: .*pod\/kept-/)
    expect(await fieldsOf('deployment/kept')).toEqual({replicas: byPp(2)})
  })

  test('are taken back with --undo-on-timeout', async () => {
    const report = reportOf(await pp(scale('kept', '2', '--wait-timeout', '4s', '--undo-on-timeout')))
    expect(report).toMatchObject({outcome: 'timed-out', exitCode: 14, error: {code: 'NOT_READY_IN_TIME'}})
    expect(await fieldsOf('deployment/kept')).toEqual({replicas: byKubectl(0)})
  })

  test('are taken back at Ctrl-C', async () => {
    const waiting = start(scale('kept', '2'))
    await waiting.said('2 ready')
    await sleep(500)
    waiting.kill('SIGINT')
    expect(reportOf(await waiting.ended)).toMatchObject({outcome: 'undone', exitCode: 130})
    expect(await fieldsOf('deployment/kept')).toEqual({replicas: byKubectl(0)})
  })
})

test('an API server that is killed in the middle and comes back is waited for', async () => {
  const running = start(scale('hello', '4'), {failpoint: 'stop after set'})
  await running.stopped()
  await killProcess(lab, 'ctl1', 'kube-apiserver')
  running.kill('SIGCONT')
  const report = reportOf(await running.ended)
  // Back before the lease had run out, or locked anew.
  const last = report.exitCode === 13 ? reportOf(await pp(['op', 'resume', '--yes', '--json'])) : report
  expect(last).toMatchObject({outcome: 'done', clusters: [{ready: 4}]})
})

describe('how many is said in other ways', () => {
  test('a multiple, a difference, a surge: each of what there is', async () => {
    for (const [args, wanted] of [
      [['x3'], 3],
      [['+1'], 4],
      [['-2'], 2],
      [['--surge', '200%'], 4],
    ] as const) {
      expect(reportOf(await pp(scale('hello', ...args)))).toMatchObject({
        outcome: 'done',
        clusters: [{ready: wanted}],
      })
      expect(await fieldsOf('deployment/hello')).toEqual({replicas: byPp(wanted)})
    }
  })

  test('the bounds of an HPA by name', async () => {
    await apply(deployment('kept', 'trial', 1))
    const scaleTargetRef = {apiVersion: 'apps/v1', kind: 'Deployment', name: 'kept'}
    const cpu = {name: 'cpu', target: {type: 'Utilization', averageUtilization: 50}}
    await apply({
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: {name: 'kept', namespace: 'trial'},
      spec: {scaleTargetRef, minReplicas: 1, maxReplicas: 2, metrics: [{type: 'Resource', resource: cpu}]},
    })
    const report = reportOf(await pp(scale('kept', '--min', '2', '--max', '5')))
    expect(report).toMatchObject({outcome: 'done'})
    expect(await fieldsOf('hpa/kept')).toEqual({minReplicas: byPp(2), maxReplicas: byPp(5)})
  })
})

describe('what cannot be is refused with numbers, and nothing is changed', () => {
  const refused = async (...args: readonly string[]) => {
    const before = await fieldsOf('deployment/hello')
    const {exitCode, error} = reportOf(await pp(scale('hello', ...args)))
    expect(await fieldsOf('deployment/hello')).toEqual(before)
    return {exitCode, code: error.code, message: error.message}
  }

  test('a quota; a part of it where that is asked for', async () => {
    const quota = {apiVersion: 'v1', kind: 'ResourceQuota', metadata: {name: 'small', namespace: 'trial'}}
    await apply({...quota, spec: {hard: {pods: '3'}}})
    try {
      const used = '{.status.hard.pods}'
      await kubectl('wait', 'resourcequota/small', '-n', 'trial', `--for=jsonpath=${used}=3`, '--timeout=30s')
      expect(await refused('9')).toMatchObject({
        exitCode: 3,
        code: 'QUOTA_EXCEEDED',
        message: expect.stringMatching(/short by 6: ResourceQuota small: pods has 2 pods left of 3/),
      })
      const part = reportOf(await pp(scale('hello', '9', '--allow-partial')))
      expect(part).toMatchObject({clusters: [{replicas: 3, ready: 3}]})
    } finally {
      await kubectl('delete', 'resourcequota/small', '--namespace', 'trial')
    }
  })

  test('nodes with a taint', async () => {
    await kubectl('taint', 'nodes', '--all', 'pixelpulse.io/test=yes:NoSchedule')
    try {
      expect(await refused('3')).toMatchObject({
        exitCode: 3,
        code: 'CAPACITY_SHORT',
        message: expect.stringMatching(/short by 2.*taint pixelpulse\.io\/test/),
      })
    } finally {
      await kubectl('taint', 'nodes', '--all', 'pixelpulse.io/test-')
    }
  })

  test('a disruption budget; down to it is allowed', async () => {
    expect(reportOf(await pp(scale('hello', '4')))).toMatchObject({outcome: 'done'})
    const spec = {minAvailable: 2, selector: {matchLabels: {app: 'hello'}}}
    const metadata = {name: 'hello', namespace: 'trial'}
    await apply({apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata, spec})
    expect(await refused('1')).toMatchObject({
      exitCode: 3,
      code: 'BUDGET_EXCEEDED',
      message: expect.stringContaining('1 is less than the 2 that poddisruptionbudget/hello asks for'),
    })
    expect(reportOf(await pp(scale('hello', '2')))).toMatchObject({outcome: 'done'})
  })
})
