import {setTimeout as sleep} from 'node:timers/promises'

import {holding} from '../counted.ts'
import {solePrimary} from '../database/facts.ts'
import {observeCluster} from '../database/observe.ts'
import {HelperLost} from '../drivers/helper/errors.ts'
import {startProber} from '../drivers/prober/prober.ts'
import {exactDuration} from '../duration.ts'
import {PpError, refusal} from '../errors.ts'
import type {Fault} from '../fault/types.ts'
import {currentOperator} from '../operation/operator.ts'
import type {StepContext} from '../operation/types.ts'
import {collect} from './report/collect.ts'
import {faultOn} from './fault-on.ts'
import {faultPlace, isOnHost} from './fault-place.ts'
import {clustersOfServices, hold, release, staysIn} from './hold.ts'
import {within} from './inner-progress.ts'
import {drillTarget} from './kind.ts'
import {assertLeverReleased} from './lever/lever-of.ts'
import {finishUnfinished, operate, type OperateOptions} from './operate.ts'
import {playLoad, type LoadStep} from './load.ts'
import {lookAt} from './probes/look.ts'
import type {
  CollectProof,
  FaultProof,
  LiftProof,
  LoadProof,
  OperationProof,
  ParallelProof,
  ReleaseProof,
  SteadyProof,
  StepProof,
} from './proofs.ts'
import {outsideProbes} from './outside.ts'
import {longestRunSeconds, markerPaceSeconds, type Running} from './running.ts'
import {withClusters} from './site-fault-on.ts'
import {steadyNow, untilRecovered, type SteadyOptions} from './steady.ts'
import {singleSteps, type DrillStep, type SingleStep} from './steps.ts'
import {intents} from './plan.ts'
import type {FaultSpec} from './format/types.ts'

/** Until a row without an answer is given up. */
const rowTimeoutSeconds = 1
const firstMarkerSeconds = 10
/** Recovery is waited for beyond its objective, so that a miss is measured and not cut off. */
const recoveryFactor = 4
const leastRecoverySeconds = 120
/** Between two tries to reach a host behind its cut, and from the end of the cut to the last one. */
const reconnectMs = 1000
const afterExpirySeconds = 15

type Said<P extends StepProof> = Omit<P, 'name' | 'from' | 'to'>

/** Does one step and proves it. What it returns goes into the journal; the report is made from that. */
export async function performStep(
  step: DrillStep,
  running: Running,
  context: StepContext,
): Promise<StepProof> {
  const from = running.now()
  const said = await performOne(step, running, context)
  return {name: step.name, from, to: running.now(), ...said}
}

function performOne(step: DrillStep, running: Running, context: StepContext): Promise<Said<StepProof>> {
  switch (step.kind) {
    case 'hold-services':
      return holdServices(step.services, running, context.operation, {mayBeSilent: false})
    case 'release-services':
      return releaseServices(step.services, running, context)
    case 'markers':
      return startProbing(running, context)
    case 'fault':
      return inject(step, running, context)
    case 'lift':
      return lift(step, running, context)
    case 'operation':
      return operateNow(step, running, context)
    case 'wait':
      return wait(step, running, context)
    case 'load':
      return load(step, running, context)
    case 'parallel':
      return performTogether(step.steps, running, context)
    case 'recover':
      return recover(running, context)
    case 'settle':
      return settle(running, context)
    case 'steady':
      return lookAfter(running, context)
    case 'collect':
      return collectNow(running)
  }
}

/** Also when a run is gone on with: its hold may have ended meanwhile. @throws PpError as `hold`. */
export async function holdServices(
  services: readonly string[],
  {cluster: {fleet}, intent: {run, drill}}: Running,
  operation: string,
  options: {readonly mayBeSilent: boolean},
): Promise<Said<StepProof>> {
  const about = {operation, run, drill: drill.name, owner: currentOperator().owner, services: [...services]}
  return withClusters(clustersOfServices(fleet, services), async (clusters, [unopened]) => {
    if (unopened && !options.mayBeSilent) throw unopened.error
    try {
      const held = await hold(fleet, clusters, about, options)
      return {says: `held in ${held.join(', ')}, for ${exactDuration(longestRunSeconds)} at most`}
    } catch (error) {
      // A run that is gone on with does not turn back: its fresh hold would keep whoever is at work from going on, for hours.
      if (error instanceof PpError && error.outcome === 'locked') await release(clusters, operation, 0)
      throw error
    }
  })
}

const releaseServices = (
  services: readonly string[],
  {cluster: {fleet}}: Running,
  {operation}: StepContext,
): Promise<Said<ReleaseProof>> =>
  withClusters(clustersOfServices(fleet, services), async (clusters, unopened) => {
    const left = [
      ...unopened.map(({declared, error}) => staysIn(declared, operation, error)),
      ...(await release(clusters, operation)),
    ]
    return {left, says: left.join('; ') || 'anybody may change them again'}
  })

async function startProbing(running: Running, context: StepContext): Promise<Said<SteadyProof>> {
  const {client, cluster, intent, monitor, before} = running
  await assertLeverReleased(cluster)
  const {vantage} = client
  running.prober = await startProber(client.helper, {
    run: intent.run,
    poolers: vantage.poolers,
    login: {...(await vantage.login()), database: vantage.database},
    paceSeconds: markerPaceSeconds,
    timeoutSeconds: rowTimeoutSeconds,
    lifeSeconds: longestRunSeconds,
    probes: outsideProbes(intent.drill),
  })
  const deadline = running.now() + firstMarkerSeconds
  while (!(await running.prober.read()).markers.some(({fate}) => fate === 'acknowledged')) {
    if (running.now() > deadline || context.isInterrupted()) throw noMarkers(vantage.host)
    await sleep(markerPaceSeconds * 1000)
  }
  monitor.start()
  return {probes: before, says: `${holding(before.length, 'claim')}, rows are written from ${vantage.host}`}
}

async function inject(
  step: Extract<SingleStep, {kind: 'fault'}>,
  running: Running,
  context: StepContext,
): Promise<Said<FaultProof>> {
  const fault = await faultNamed(step.name, step.fault, running, context)
  await fault.apply()
  const {holds, measured} = await fault.proveInForce()
  if (!holds)
    throw new PpError('human', 'FAULT_NOT_IN_FORCE', {
      message: `${step.fault.kind} on ${faultPlace(step.fault)} was applied, but the proof does not hold: ${measured}.`,
      hint: `pp drill undo ${running.intent.run}`,
    })
  return {inForce: measured, says: measured}
}

async function lift(
  step: Extract<SingleStep, {kind: 'lift'}>,
  running: Running,
  context: StepContext,
): Promise<Said<LiftProof>> {
  const injected = intents(context.records)
    .flatMap(singleSteps)
    .find((one) => one.kind === 'fault' && one.name === step.fault)
  // Of a run that was stopped before it came to it.
  if (injected?.kind !== 'fault') return {fault: step.fault, gone: 'never in force', says: 'never in force'}
  const {holds, measured} = await reachingBehindCut(injected.fault, context, async () => {
    const fault = await faultNamed(step.fault, injected.fault, running, context)
    await fault.undo()
    return fault.proveGone()
  })
  if (!holds)
    throw new PpError('human', 'FAULT_STILL_IN_FORCE', {
      message: `${injected.fault.kind} on ${faultPlace(injected.fault)} was undone, but the proof does not hold: ${measured}.`,
      hint: `pp drill undo ${running.intent.run}`,
    })
  return {fault: step.fault, gone: measured, says: measured}
}

/** A host that a cut keeps pp from as well lifts it by itself at its time, and is reached again after that. */
async function reachingBehindCut<T>(
  spec: FaultSpec,
  {detail}: StepContext,
  act: () => Promise<T>,
): Promise<T> {
  if (!isOnHost(spec) || spec.kind !== 'cut') return act()
  const {host, expiresSeconds} = spec
  const deadline = performance.now() + (expiresSeconds + afterExpirySeconds) * 1000
  for (;;) {
    try {
      return await act()
    } catch (error) {
      if (!isSilence(error) || performance.now() > deadline) throw error
      const left = Math.ceil((deadline - performance.now()) / 1000)
      detail(`${host} is behind its cut, which it lifts by itself, within ${left} s at the latest`)
      await sleep(reconnectMs)
    }
  }
}

const isSilence = (error: unknown): boolean =>
  error instanceof HelperLost || (error instanceof PpError && error.code === 'HOST_UNREACHABLE')

const faultNamed = (
  name: string,
  spec: FaultSpec,
  {cluster, intent}: Running,
  {operation, token}: StepContext,
): Promise<Fault<unknown>> =>
  faultOn(cluster, spec, {
    id: `${operation}-${name}`,
    operation,
    lock: drillTarget(intent.database),
    token: token(),
  })

async function operateNow(
  step: Extract<SingleStep, {kind: 'operation'}>,
  running: Running,
  context: StepContext,
): Promise<Said<OperationProof>> {
  const startedAt = running.now()
  const options = operateOptions(running, context)
  // Of an earlier run of pp that was killed in the middle of it.
  const begun = await finishUnfinished(beganAt(context), options)
  const operated = begun ?? (await operate(step, options))
  const seconds = running.now() - startedAt
  if (seconds > step.timeoutSeconds)
    throw refusal('OPERATION_LATE', {
      message: `${step.name} took ${seconds.toFixed(1)} s; its timeout is ${step.timeoutSeconds} s.`,
      hint: operated.operation === undefined ? 'pp status' : `pp op show ${operated.operation}`,
    })
  return operated
}

async function settle(running: Running, context: StepContext): Promise<Said<OperationProof>> {
  const finished = await finishUnfinished(beganAt(context), operateOptions(running, context))
  return (
    finished ?? {
      operation: undefined,
      decidedAt: undefined,
      routedAt: undefined,
      says: 'nothing was left in the middle',
    }
  )
}

const operateOptions = (
  {cluster, now, progress}: Running,
  {detail}: Pick<StepContext, 'detail'>,
): OperateOptions => ({
  fleet: cluster.fleet,
  database: cluster.database,
  now,
  progress: within(progress, detail),
})

const beganAt = ({records}: StepContext): string => records[0]?.at ?? ''

async function wait(
  step: Extract<SingleStep, {kind: 'wait'}>,
  running: Running,
  context: StepContext,
): Promise<Said<StepProof>> {
  const {intent, client, now} = running
  const deadline = now() + step.timeoutSeconds
  const claim = intent.drill.steadyState.find(({name}) => name === step.probe)
  while (!context.isInterrupted()) {
    if (!claim && now() >= deadline) return {says: `${step.timeoutSeconds} s have passed`}
    const look = claim && (await lookAt(claim.probe, client.vantage, claim.timeoutSeconds))
    if (look?.state === 'good') return {says: look.said}
    if (look && now() >= deadline)
      throw refusal('WAIT_TIMED_OUT', {
        message: `${step.name}: ${claim.name} does not hold after ${step.timeoutSeconds} s: ${look.said}.`,
        hint: 'pp status',
      })
    await sleep(Math.min(claim?.paceSeconds ?? 0.2, Math.max(0, deadline - now())) * 1000)
  }
  throw refusal('DRILL_STOPPED', {message: `${step.name} was stopped.`, hint: 'pp drill list'})
}

async function load(step: LoadStep, {cluster}: Running, context: StepContext): Promise<Said<LoadProof>> {
  return playLoad(step, cluster.fleet, () => context.isInterrupted())
}

/** All at once; what fails does not keep the others from their end. */
async function performTogether(
  steps: readonly SingleStep[],
  running: Running,
  context: StepContext,
): Promise<Said<ParallelProof>> {
  const ended = await Promise.allSettled(
    steps.map(async (step) => ({kind: step.kind, ...(await performStep(step, running, context))})),
  )
  const failure = ended.find(({status}) => status === 'rejected')
  if (failure?.status === 'rejected') throw failure.reason
  const parts = ended.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  return {parts, says: parts.map(({name, says}) => `${name}: ${says}`).join('; ')}
}

async function recover(running: Running, context: StepContext): Promise<Said<SteadyProof>> {
  const {drill} = running.intent
  const limit = Math.max(leastRecoverySeconds, (drill.objectives.rtoSeconds ?? 0) * recoveryFactor)
  const probes = await untilRecovered(drill, limit, steadyOptions(running, context))
  const late = probes.filter(({status}) => status !== 'held').map(({name}) => name)
  return {probes, says: late.length === 0 ? 'everything holds again' : `not recovered: ${late.join(', ')}`}
}

async function lookAfter(running: Running, context: StepContext): Promise<Said<SteadyProof>> {
  const probes = await steadyNow(running.intent.drill, 'after', steadyOptions(running, context))
  const broken = probes.filter(({status}) => status !== 'held')
  return {
    probes,
    says:
      broken.length === 0
        ? holding(probes.length, 'claim')
        : broken.map(({name, said}) => `${name}: ${said ?? 'no data'}`).join('; '),
  }
}

const steadyOptions = ({client, now}: Running, {isInterrupted}: StepContext): SteadyOptions => ({
  vantage: client.vantage,
  now,
  isInterrupted,
})

async function collectNow(running: Running): Promise<Said<CollectProof>> {
  const {cluster, files, intent, monitor, prober} = running
  await monitor.stop()
  const primary = await observeCluster(cluster)
    .then(solePrimary)
    .catch(() => undefined)
  const collected = await collect(prober, {cluster, primary, files, intent})
  const {present, problems} = collected
  const says = present
    ? `${present.reduce((sum, {first, last}) => sum + last - first + 1, 0)} rows are in the table`
    : `nothing could be counted: ${problems.join('; ')}`
  return {...collected, says}
}

const noMarkers = (host: string): PpError =>
  refusal('NO_MARKERS', {
    message: `No row that ${host} writes through the poolers was acknowledged within ${firstMarkerSeconds} s.`,
    hint: 'pp status',
  })
