import * as z from 'zod'

import type {ClusterReader, ClusterWriter} from '../drivers/kubernetes/types.ts'
import {PpError} from '../errors.ts'
import type {KubernetesCluster} from '../fleet/types.ts'
import {orUndefinedIfDenied} from './denied.ts'
import {canaryAnnotation, weightAnnotation} from './entrance.ts'
import type {CanaryRoute} from './facts.ts'
import {manager} from './manager.ts'
import type {WeightShare} from './share.ts'
import {canaryName, canaryTrack, operationLabel} from './template.ts'

const made = z.object({
  metadata: z.object({
    uid: z.string().default(''),
    labels: z.record(z.string(), z.string()).default({}),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
})

const servicesPath = (namespace: string) => `/api/v1/namespaces/${namespace}/services`
const ingressesPath = (namespace: string) => `/apis/networking.k8s.io/v1/namespaces/${namespace}/ingresses`

/** What an operation has made to lead requests to a canary; somebody else's of these names is not looked at. */
export const observeRoute = (
  reader: Pick<ClusterReader, 'get'>,
  {namespace}: Pick<KubernetesCluster, 'namespace'>,
  deployment: string,
): Promise<CanaryRoute | undefined> =>
  orUndefinedIfDenied(async () => {
    const name = canaryName(deployment)
    const [service, ingress] = await Promise.all([
      reader.get(`${servicesPath(namespace)}/${name}`, made),
      reader.get(`${ingressesPath(namespace)}/${name}`, made),
    ])
    const [hasService, hasIngress] = [isOurs(service), isOurs(ingress)]
    if (!hasService && !hasIngress) return undefined
    const weight = hasIngress ? Number(ingress?.metadata.annotations[weightAnnotation]) : undefined
    const operation = (hasIngress ? ingress : service)?.metadata.labels[operationLabel] ?? ''
    return {name, operation, hasService, weight}
  })

interface Here {
  readonly cluster: KubernetesCluster
  readonly api: ClusterWriter
  readonly deployment: string
}

/** Leads so many percent of what comes by an Ingress to the canary: a Service of its Pods alone, then an Ingress with a weight. */
export async function routeCanary(
  {cluster: {name: cluster, namespace}, api, deployment}: Here,
  share: WeightShare,
  {
    operation,
    selector,
    percent,
  }: {
    readonly operation: string
    readonly selector: Readonly<Record<string, string>>
    readonly percent: number
  },
): Promise<object> {
  const name = canaryName(deployment)
  const own = {[operationLabel]: operation}
  const metadata = {name, labels: {...selector, ...own}}
  const objects = [
    {path: servicesPath(namespace), body: serviceManifest(share, {metadata, own})},
    {path: ingressesPath(namespace), body: ingressManifest(share, {metadata, percent})},
  ]
  for (const {path, body} of objects) {
    const {kind} = await api.write({method: 'POST', path, query: manager, body}, z.unknown())
    if (kind === 'conflict' && !isOurs(await api.get(`${path}/${name}`, made)))
      throw new PpError('degraded', 'CANARY_LEFT', {
        message: `${cluster} has a ${body.kind} ${name} already, and it is somebody else's.`,
        hint: `kubectl --namespace ${namespace} get service,ingress ${name}`,
      })
  }
  return {percent}
}

interface Metadata {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
}

const serviceManifest = (
  {serviceSelector, ports, track}: WeightShare,
  {metadata, own}: {readonly metadata: Metadata; readonly own: Readonly<Record<string, string>>},
) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata,
  spec: {selector: {...serviceSelector, [track]: canaryTrack, ...own}, ports},
})

function ingressManifest(
  {className, rules}: WeightShare,
  {metadata, percent}: {readonly metadata: Metadata; readonly percent: number},
) {
  const annotations = {[canaryAnnotation]: 'true', [weightAnnotation]: String(percent)}
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: {...metadata, annotations},
    spec: {
      ingressClassName: className,
      rules: rules.map((rule) => ({
        ...rule,
        http: {
          ...rule.http,
          paths: rule.http?.paths.map((path) => ({
            ...path,
            backend: {...path.backend, service: {...path.backend.service, name: metadata.name}},
          })),
        },
      })),
    },
  }
}

/** Nothing new is led to the canary from here on. */
export const endIngress = ({cluster: {namespace}, api, deployment}: Here): Promise<void> =>
  removeOurs(api, `${ingressesPath(namespace)}/${canaryName(deployment)}`)

/** To be ended when nothing leads to it any more. */
export const endService = ({cluster: {namespace}, api, deployment}: Here): Promise<void> =>
  removeOurs(api, `${servicesPath(namespace)}/${canaryName(deployment)}`)

async function removeOurs(api: ClusterWriter, path: string): Promise<void> {
  const found = await orUndefinedIfDenied(() => api.get(path, made))
  if (!found || !isOurs(found)) return
  const body = {preconditions: {uid: found.metadata.uid}}
  await api.write({method: 'DELETE', path, body}, z.unknown())
}

const isOurs = (object: z.output<typeof made> | undefined): boolean =>
  object?.metadata.labels[operationLabel] !== undefined
