import {isDeepStrictEqual} from 'node:util'

import type {Container, PodTemplate} from './facts.ts'

/** Label of what an operation has made for itself; on a canary it tells its Pods from the others of the service. */
export const operationLabel = 'pixelpulse.io/operation'
/** Value that a canary's Pods have of the label by which their service takes the others. */
export const canaryTrack = 'canary'
const defaultContainer = 'kubectl.kubernetes.io/default-container'

/** The container that is the service: the one that kubectl would choose. */
export function mainContainer({metadata, spec}: PodTemplate): Container {
  const named = metadata?.annotations?.[defaultContainer]
  const container = spec.containers.find(({name}) => name === named) ?? spec.containers[0]
  if (!container) throw new Error('a Pod template has no container')
  return container
}

export const imageOf = (template: PodTemplate): string => mainContainer(template).image

export function withImage(template: PodTemplate, image: string): PodTemplate {
  const main = mainContainer(template)
  const containers = template.spec.containers.map((one) => (one === main ? {...one, image} : one))
  return {...template, spec: {...template.spec, containers}}
}

/** Whether they make the same Pods. The label that the controller adds to a ReplicaSet's own is none of the template's. */
export const isSameTemplate = (one: PodTemplate, other: PodTemplate): boolean =>
  isDeepStrictEqual(plain(one), plain(other))

/** A template of a ReplicaSet as its Deployment had it. */
export function plain(template: PodTemplate): PodTemplate {
  const labels = without(template.metadata?.labels ?? {}, 'pod-template-hash')
  // The API server writes fields that are empty or null in one place and leaves them out in another.
  return JSON.parse(
    JSON.stringify(
      {...template, metadata: {...template.metadata, labels}},
      (_key, value: unknown) => value ?? undefined,
    ),
  ) as PodTemplate
}

/** How many Pods a canary of so many percent has beside those that run. */
export const canaryReplicas = (percent: number, running: number): number =>
  Math.max(1, Math.round((running * percent) / 100))

interface Named {
  readonly deployment: string
  readonly operation: string
}

export const canaryName = (deployment: string): string => `${deployment}-canary`

/**
 * A Deployment beside the one that runs, whose Pods have all its labels.
 *
 * @param selector of the Deployment that runs.
 * @param track label that keeps their service from leading requests to them; undefined: they get their share of these.
 */
export function canaryManifest(
  template: PodTemplate,
  {
    deployment,
    operation,
    selector,
    replicas,
    track,
  }: Named & {
    readonly selector: Readonly<Record<string, string>>
    readonly replicas: number
    readonly track: string | undefined
  },
): object {
  const own = {[operationLabel]: operation}
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {name: canaryName(deployment), labels: {...selector, ...own}},
    spec: {
      replicas,
      progressDeadlineSeconds: 300,
      revisionHistoryLimit: 0,
      selector: {matchLabels: {...selector, ...own}},
      template: {
        ...template,
        metadata: {
          ...template.metadata,
          labels: {
            ...template.metadata?.labels,
            ...(track !== undefined && {[track]: canaryTrack}),
            ...own,
          },
        },
      },
    },
  }
}

export const migrationName = ({deployment, operation}: Named): string =>
  `${deployment}-migrate-${operation.toLowerCase()}`

/** What a server has and a program that ends has not. */
const serverOnly = ['ports', 'livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle'] as const

/**
 * A Job that plays the migrations of an image: the service's own container, with other arguments. It has none of the service's
 * labels, so no request is led to it.
 */
export function migrationManifest(
  template: PodTemplate,
  {args, ...named}: Named & {readonly args: readonly string[]},
): object {
  const main = without(mainContainer(template), ...serverOnly)
  const spec = without(template.spec, 'topologySpreadConstraints', 'terminationGracePeriodSeconds')
  const labels = {'app.kubernetes.io/component': 'migrate', [operationLabel]: named.operation}
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {name: migrationName(named), labels},
    spec: {
      backoffLimit: 2,
      activeDeadlineSeconds: 600,
      ttlSecondsAfterFinished: 86_400,
      template: {metadata: {labels}, spec: {...spec, restartPolicy: 'Never', containers: [{...main, args}]}},
    },
  }
}

const without = <T extends object>(object: T, ...keys: readonly string[]): Record<string, T[keyof T]> =>
  Object.fromEntries(
    Object.entries(object as Record<string, T[keyof T]>).filter(([key]) => !keys.includes(key)),
  )
