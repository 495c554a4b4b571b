// Scenario: KEDA owns the number of a service in a real cluster. Jobs pile up and are done; an operator scales it past KEDA's own
// measure, for good and for a time; pp is killed right after it has set something for a time.
// Proves that KEDA scales by itself and back, that what pp asks of it reaches its HPA, and that what was asked for a time ends
// though nobody of pp is there any more: by KEDA's trigger, or by a Job that may touch nothing else.
// Incident behind it: a surge for a sale that was still paid for a month later.
/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-return, @typescript-eslint/no-unsafe-call --
   documents of pp and of kubectl, as they come */
import {beforeEach, describe, expect, jest, test} from '@jest/globals'
import {setTimeout as sleep} from 'node:timers/promises'

import {deployment, reportOf, Trial} from '../in-lab/trial.ts'

const trial = new Trial(
  'a',
  `      hello: {clusters: [trial]}
      queued: {clusters: [trial]}`,
)
jest.setTimeout(6 * 60_000)

beforeEach(async () => {
  await trial.apply(deployment('queued', 'trial', 1))
  await trial.apply({
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'ScaledObject',
    metadata: {name: 'queued', namespace: 'trial'},
    spec: {
      scaleTargetRef: {name: 'queued'},
      minReplicaCount: 1,
      maxReplicaCount: 5,
      pollingInterval: 2,
      triggers: [jobs],
      advanced: {
        horizontalPodAutoscalerConfig: {behavior: {scaleDown: {stabilizationWindowSeconds: 0}}},
      },
    },
  })
  await until(async () => (await bounds())?.min === 1)
})

/** One Pod for two jobs. */
const jobs = {type: 'kubernetes-workload', metadata: {podSelector: 'app=job', value: '2'}}

/** A condition that the cluster comes to. */
async function until(isSo: () => Promise<boolean>, seconds = 150): Promise<void> {
  const deadline = Date.now() + seconds * 1000
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`not within ${seconds} s: ${isSo.toString()}`)
    await sleep(500)
  }
}

/** Of the HPA that KEDA has made. */
async function bounds(): Promise<{min: number; max: number} | undefined> {
  const {items} = await trial.get('hpa', 'trial')
  const found = items.find(({metadata}: any) => metadata.name === 'keda-hpa-queued')
  return found && {min: found.spec.minReplicas, max: found.spec.maxReplicas}
}

const readyOf = async (name: string): Promise<number> =>
  (await trial.get(`deployment/${name}`, 'trial')).status.readyReplicas ?? 0

const scale = (service: string, ...more: readonly string[]) => ['scale', service, ...more, '--yes', '--json']
const undo = async (service: string, id: string): Promise<any> =>
  reportOf(await trial.pp(['scale', service, '--undo', id, '--yes', '--json']))

/** The fields of an object, each with who owns it. */
async function ownedBy(object: string, ...fields: readonly string[]): Promise<Record<string, unknown>> {
  const {spec, metadata} = await trial.get(object, 'trial', '--show-managed-fields')
  const owners = (field: string) =>
    metadata.managedFields
      .filter(({fieldsV1}: any) => fieldsV1['f:spec']?.[`f:${field}`])
      .map(({manager}: any) => manager)
  return Object.fromEntries(fields.map((field) => [field, [spec[field], ...owners(field)]]))
}
const kubectl = 'kubectl-client-side-apply'

test('KEDA scales a service by itself while jobs wait, and back when they are done', async () => {
  await trial.apply({
    ...deployment('job', 'trial', 8),
    metadata: {name: 'job', namespace: 'trial'},
  })
  await until(async () => (await readyOf('queued')) === 4)
  await trial.kubectl('delete', 'deployment/job', '--namespace', 'trial')
  await until(async () => (await readyOf('queued')) === 1)
})

test("an absolute number is KEDA's lower bound, its HPA follows, and what was set is given back", async () => {
  const {operation, ...report} = reportOf(await trial.pp(scale('queued', '6')))
  expect(report).toMatchObject({outcome: 'done', clusters: [{owner: 'keda', ready: 6, replicas: 6}]})
  expect(await bounds()).toEqual({min: 6, max: 6})
  expect(await ownedBy('scaledobject/queued', 'minReplicaCount', 'maxReplicaCount')).toEqual({
    minReplicaCount: [6, 'pp'],
    maxReplicaCount: [6, 'pp'],
  })
  expect(await undo('queued', operation.id)).toMatchObject({outcome: 'done'})
  expect(await ownedBy('scaledobject/queued', 'minReplicaCount', 'maxReplicaCount')).toEqual({
    minReplicaCount: [1, kubectl],
    maxReplicaCount: [5, kubectl],
  })
  await until(async () => (await bounds())?.min === 1 && (await readyOf('queued')) === 1)
})

describe('until a time, and pp killed right after', () => {
  test("a number within KEDA's bounds ends by its trigger; a second one keeps the base of the first", async () => {
    const first = reportOf(await trial.pp(scale('queued', '2', '--until', '10m')))
    expect(first).toMatchObject({outcome: 'done', clusters: [{ready: 2}]})
    const killed = await trial.pp(scale('queued', '4', '--until', '1m'), {failpoint: 'kill after set'})
    expect(killed.exitCode).toBe('SIGKILL')
    await until(async () => (await readyOf('queued')) === 4)
    await until(async () => (await readyOf('queued')) === 1)
    expect(await ownedBy('scaledobject/queued', 'minReplicaCount')).toEqual({minReplicaCount: [1, kubectl]})

    expect(reportOf(await trial.pp(['op', 'abort', '--yes', '--json']))).toMatchObject({outcome: 'done'})
    expect(await ownedBy('scaledobject/queued', 'triggers')).toEqual({triggers: [[jobs], kubectl]})
    expect(await undo('queued', first.operation.id)).toMatchObject({outcome: 'done'})
  })

  test('a number over its bounds is given back by a Job, field by field: what somebody else has set stays, and is told', async () => {
    const killed = await trial.pp(scale('queued', '6', '--until', '1m'), {failpoint: 'kill after set'})
    expect(killed.exitCode).toBe('SIGKILL')
    expect(await ownedBy('scaledobject/queued', 'minReplicaCount')).toEqual({minReplicaCount: [6, 'pp']})
    const patch = '--patch={"spec":{"maxReplicaCount":9}}'
    await trial.kubectl('patch', 'scaledobject/queued', '--namespace', 'trial', '--type=merge', patch)
    await until(async () => (await trial.get('cronjob/pp-until-queued', 'trial')).spec.suspend)
    expect(await ownedBy('scaledobject/queued', 'minReplicaCount', 'maxReplicaCount')).toEqual({
      minReplicaCount: [1, kubectl],
      maxReplicaCount: [9, 'kubectl-patch'],
    })
    const {items} = await trial.get('events', 'trial')
    const left = items.find(({reason}: any) => reason === 'ScaleLeft')
    expect(left.message).toContain('maxReplicaCount is 9 and no more the 6 that pp set')
    expect(left.involvedObject).toMatchObject({kind: 'ScaledObject', name: 'queued'})
    const [{notes}] = reportOf(await trial.pp(['scale', 'queued', '3', '--plan', '--json'])).clusters
    expect(notes.join()).toContain('not given back: trial: scaledobject/queued')
    // It says again what stays, and takes away what was to give it back.
    const aborted = reportOf(await trial.pp(['op', 'abort', '--yes', '--json']))
    expect(aborted).toMatchObject({outcome: 'degraded', exitCode: 11})
    expect(aborted.findings.join()).toMatch(/^trial: scaledobject\/queued spec.maxReplicaCount is 9 [^,]*$/)
    await until(async () => !(await leftOver()).includes('pp-until'))
  })

  test('a Deployment is given back by a Job that may do that and nothing else, and takes all it needed with it', async () => {
    const first = reportOf(await trial.pp(scale('hello', '2', '--until', '10m')))
    expect(first).toMatchObject({outcome: 'done', until: expect.any(String), clusters: [{ready: 2}]})
    const killed = await trial.pp(scale('hello', '3', '--until', '1m'), {failpoint: 'kill after set'})
    expect(killed.exitCode).toBe('SIGKILL')
    expect(await mayIt('patch', 'deployments.apps/hello')).toBe('yes')
    expect(await mayIt('patch', 'deployments.apps/queued')).toBe('no')
    expect(await mayIt('get', 'secrets')).toBe('no')
    expect(await mayIt('list', 'pods')).toBe('no')
    await until(async () => (await readyOf('hello')) === 3)

    await until(async () => (await readyOf('hello')) === 1)
    expect(await ownedBy('deployment/hello', 'replicas')).toEqual({replicas: [1, kubectl]})
    await until(async () => !(await leftOver()).includes('pp-until'))
    expect(reportOf(await trial.pp(['op', 'abort', '--yes', '--json']))).toMatchObject({outcome: 'done'})
    expect(await undo('hello', first.operation.id)).toMatchObject({outcome: 'done'})
  })

  test('what is undone before its time is not given back a second time', async () => {
    const {operation} = reportOf(await trial.pp(scale('hello', '3', '--until', '10m')))
    expect(await leftOver()).toContain('cronjob.batch/pp-until-hello')
    expect(await undo('hello', operation.id)).toMatchObject({outcome: 'done'})
    expect(await ownedBy('deployment/hello', 'replicas')).toEqual({replicas: [1, kubectl]})
    await until(async () => !(await leftOver()).includes('pp-until'))
  })
})

/** What the ServiceAccount of the Job is allowed. */
async function mayIt(verb: string, what: string): Promise<string> {
  const as = '--as=system:serviceaccount:trial:pp-until-hello'
  return trial
    .kubectl('auth', 'can-i', verb, what, '--namespace', 'trial', as)
    .catch((error: unknown) => (error as {stdout: string}).stdout)
}

const leftOver = (): Promise<string> =>
  trial.kubectl('get', 'cronjob,job,serviceaccount,role,rolebinding', '--namespace', 'trial', '--output=name')
