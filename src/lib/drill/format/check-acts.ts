import {parseDuration} from '../../duration.ts'
import {isClaimName} from './act-name.ts'
import {shorterThanPace, unknownClaim} from './check-claims.ts'
import {namedTwice, unknownName, type Finding} from './findings.ts'
import type {Outline} from './outline.ts'
import {placedActs, type PlacedAct} from './placed-acts.ts'

const longestWaitSeconds = 3600
/** Faults that take something of a whole site away. */
const onSites = ['drain', 'node-group-to-zero', 'api-server-down']

/** The acts of the method and of undo, among themselves and with what they name. */
export function checkActs(outline: Outline): Finding[] {
  const acts = placedActs(outline)
  return [
    ...namedTwice(
      acts.filter((one) => !isSecondLift(acts, one)).map(({name, path}) => ({name, path: [...path, 'name']})),
    ),
    ...acts.flatMap((placed) => [
      ...checkWait(outline, placed),
      ...checkLift(acts, placed),
      ...checkIntent(placed),
    ]),
    ...checkHosts(outline, acts),
    ...checkPurpose(outline),
  ]
}

function checkWait(outline: Outline, {act, path}: PlacedAct): Finding[] {
  const {wait, timeout} = act
  if (wait === undefined) return []
  if (isClaimName(wait)) {
    return [
      ...unknownClaim(outline, wait, [...path, 'wait']),
      ...shorterThanPace(outline, wait, {seconds: timeout, path: [...path, 'timeout']}),
    ]
  }
  const seconds = typeof wait === 'number' ? wait : parseDuration(wait)
  if (seconds === undefined || seconds <= 0 || seconds > longestWaitSeconds)
    return [
      {path: [...path, 'wait'], message: 'a duration such as 30s, 1h at most, or the name of a steady state'},
    ]
  if (timeout === undefined) return []
  return [{path: [...path, 'timeout'], message: 'only the time passes here; a timeout is for a steady state'}]
}

function checkLift(acts: readonly PlacedAct[], placed: PlacedAct): Finding[] {
  const {act, path, turn} = placed
  if (act.lift === undefined) return []
  const at = [...path, 'lift']
  const faults = acts.filter((one) => one.act.fault !== undefined && one.turn < turn)
  const names = faults.flatMap(({name}) => name ?? [])
  const isSpoilt = acts.some(({name}) => name === undefined)
  const unknown = isSpoilt ? [] : unknownName(act.lift, names, {path: at, what: 'earlier fault'})
  return isSecondLift(acts, placed)
    ? [...unknown, {path: at, message: `${act.lift} was lifted before`}]
    : unknown
}

const isSecondLift = (acts: readonly PlacedAct[], placed: PlacedAct): boolean =>
  placed.act.lift !== undefined && acts.find(({act}) => act.lift === placed.act.lift) !== placed

function checkIntent({act, path}: PlacedAct): Finding[] {
  if (act.with.planned !== true || act.with.unplanned !== true) return []
  return [{path: [...path, 'with', 'unplanned'], message: 'either planned or unplanned, not both'}]
}

function checkHosts({targets}: Outline, acts: readonly PlacedAct[]): Finding[] {
  const allowed = targets.hosts.flatMap((host) => host ?? [])
  const faults = acts.filter(({act}) => act.fault !== undefined)
  const outside = faults.flatMap(({act, path}) =>
    unknownName(act.host, allowed, {path: [...path, 'host'], what: 'host of targets.hosts is called'}),
  )
  const places = faults.flatMap(({act, path}) => [
    ...unknownName(
      act.service,
      targets.services.flatMap((service) => service ?? []),
      {path: [...path, 'service'], what: 'service of targets.services is called'},
    ),
    ...(act.fault !== undefined && onSites.includes(act.fault)
      ? unknownName(
          act.site,
          targets.sites.flatMap((site) => site ?? []),
          {path: [...path, 'site'], what: 'site of targets.sites is called'},
        )
      : []),
  ])
  const hit = new Set(faults.flatMap(({act}) => act.host ?? []))
  const maxHosts = targets.maxHosts ?? 1
  if (hit.size <= maxHosts) return [...outside, ...places]
  const message = `faults hit ${hit.size} hosts (${[...hit].join(', ')}), and ${maxHosts} at most may be hit`
  return [...outside, ...places, {path: ['targets', 'maxHosts'], message}]
}

/** Something has to happen: a drill that only waits rehearses nothing. */
function checkPurpose({method}: Outline): Finding[] {
  const acts = method.flatMap(({parallel, ...act}) => (parallel.length > 0 ? parallel : [act]))
  if (acts.length === 0 || acts.some(({wait, lift}) => wait === undefined && lift === undefined)) return []
  return [{path: ['method'], message: 'nothing happens in it: neither a fault, nor an operation, nor a load'}]
}
