import {holding} from '../../counted.ts'
import type {Fleet} from '../../fleet/types.ts'
import type {PreparedDrill} from '../prepare.ts'
import {faultEnd, faultPlace, isOnHost} from '../fault-place.ts'
import {singleSteps, type DrillStep} from '../steps.ts'
import {titleOf} from './step-title.ts'

/** Hosts with their cap, and what is on a site. */
function brokenBy({drill, resolved}: PreparedDrill['intent']): readonly string[] {
  const {targets, method} = resolved
  const places = method
    .flatMap(singleSteps)
    .flatMap((step) => (step.kind === 'fault' && !isOnHost(step.fault) ? [faultPlace(step.fault)] : []))
  const hosts = targets.length === 0 ? [] : [`${targets.join(', ')} (cap ${drill.targets.maxHosts})`]
  return [...hosts, ...new Set(places)]
}

/** Who ends each fault when pp is gone. */
const endsOf = (steps: readonly DrillStep[]): readonly string[] =>
  steps
    .flatMap(singleSteps)
    .flatMap((step) => (step.kind === 'fault' ? [`${step.name}: ${faultEnd(step.fault)}`] : []))

/** What a drill would do, in order, with what is measured. */
export function showPrepared(fleet: Fleet, {intent, steps, checks}: PreparedDrill): string {
  const {drill, planHash} = intent
  const {objectives, guards} = drill
  const wanted = [
    objectives.rtoSeconds === undefined ? [] : `RTO ${objectives.rtoSeconds} s`,
    objectives.rpoRows === undefined ? [] : `RPO ${objectives.rpoRows} rows`,
    objectives.services.flatMap(({name, atLeast, outageSeconds}) => [
      ...(atLeast === undefined ? [] : [`${name} ${(atLeast * 100).toFixed(1)} % good`]),
      ...(outageSeconds === undefined ? [] : [`${name} again within ${outageSeconds} s`]),
    ]),
  ].flat(2)
  return [
    `${drill.name} on ${fleet.name}/${fleet.environment}: ${drill.title}`,
    '',
    `  breaks  ${brokenBy(intent).join(', ') || 'nothing'}`,
    `  ${holding(checks.length, 'check')}, the steady state among them`,
    '',
    ...steps.map((step, index) => `  ${String(index + 1).padStart(2)} ${titleOf(step)}`),
    '',
    `  objectives  ${wanted.join(', ') || 'none'}`,
    ...endsOf(steps).map((end, index) => `  ${index === 0 ? 'without pp  ' : '            '} ${end}`),
    ...guards.stop.map(({probe, forSeconds}) => `  stops when   ${probe} is bad for ${forSeconds} s`),
    `  plan ${planHash.slice(0, 12)}`,
  ].join('\n')
}
