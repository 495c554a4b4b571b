import type {KeyPath} from '../../yaml/yaml-file.ts'
import {namedTwice, unknownName, type Finding} from './findings.ts'
import {boundsIn, type Outline} from './outline.ts'
import {probeKinds} from './probe-schema.ts'

const defaultPaceSeconds = 1

/** Steady states, and what in the file refers to them: stop probes and objectives. */
export function checkClaims(outline: Outline): Finding[] {
  const {steadyState, guards, objectives} = outline
  return [
    ...namedTwice(steadyState.map(({name}, index) => ({name, path: ['steadyState', index, 'name']}))),
    ...steadyState.flatMap(({probe}, index) =>
      (['sql', 'prometheus'] as const).flatMap((kind) =>
        checkBounds(probe[kind], ['steadyState', index, 'probe', kind]),
      ),
    ),
    ...guards.stop.flatMap(({probe, for: seconds}, index) => {
      const path = ['guards', 'stop', index]
      return [
        ...unknownClaim(outline, probe, [...path, 'probe']),
        ...notLookedAt(outline, probe, [...path, 'probe']),
        ...shorterThanPace(outline, probe, {seconds, path: [...path, 'for']}),
      ]
    }),
    ...namedTwice(
      objectives.services.map(({name, probe}, index) => ({
        name: name ?? probe,
        path: ['objectives', 'services', index, 'name'],
      })),
    ),
    ...objectives.services.flatMap(({probe, atLeast, outage}, index) => {
      const path = ['objectives', 'services', index, 'probe']
      if (atLeast === undefined && outage === undefined)
        return [{path: path.slice(0, -1), message: 'needs atLeast, outage or both'}]
      return [...unknownClaim(outline, probe, path), ...notLookedAt(outline, probe, path)]
    }),
    ...unmeasured(outline),
  ]
}

/** Nothing is said where no claim could be read: that is the mistake. */
export function unknownClaim({steadyState}: Outline, claim: string | undefined, path: KeyPath): Finding[] {
  const names = steadyState.flatMap(({name}) => name ?? [])
  return names.length === 0 ? [] : unknownName(claim, names, {path, what: 'steady state'})
}

/** A time in which a claim would be looked at once at most. */
export function shorterThanPace(
  {steadyState}: Outline,
  claim: string | undefined,
  {seconds, path}: {readonly seconds: number | undefined; readonly path: KeyPath},
): Finding[] {
  const found = steadyState.find(({name}) => name !== undefined && name === claim)
  const pace = found?.pace ?? defaultPaceSeconds
  if (!found || seconds === undefined || seconds >= pace) return []
  return [{path, message: `${seconds} s is shorter than the pace of ${claim ?? ''}, ${pace} s`}]
}

function notLookedAt({steadyState}: Outline, claim: string | undefined, path: KeyPath): Finding[] {
  const found = steadyState.find(({name}) => name !== undefined && name === claim)
  if (!found || found.when.includes('during')) return []
  return [{path, message: `${claim ?? ''} is not looked at during the run; add during to its when`}]
}

function checkBounds(sql: unknown, path: KeyPath): Finding[] {
  const {query, min, max} = boundsIn(sql)
  if (query === undefined) return []
  if (min === undefined && max === undefined) return [{path, message: 'needs min, max or both'}]
  if (min === undefined || max === undefined || min <= max) return []
  return [{path: [...path, 'max'], message: `${max} is less than min, ${min}`}]
}

function unmeasured({steadyState, objectives}: Outline): Finding[] {
  const kinds = steadyState.map(({probe}) => Object.keys(probe).find((kind) => probeKinds.includes(kind)))
  // One that is not known yet may be the marker, mistyped.
  if (kinds.length === 0 || kinds.includes(undefined) || kinds.includes('marker')) return []
  return (['rto', 'rpo'] as const).flatMap((key) =>
    objectives[key] === undefined
      ? []
      : [
          {
            path: ['objectives', key],
            message: 'nothing measures it; a steady state with probe: {marker: {}} does',
          },
        ],
  )
}
