import * as z from 'zod'

import type {ServiceCluster} from '../open-service.ts'
import {addressOf} from '../operate/objects.ts'
import {fieldManager} from '../operate/types.ts'
import {cronOf} from '../until.ts'
import {needsImage} from './needs-image.ts'
import {scheduledFor} from './give-back.ts'
import {cronJobPath, findingsKey, giveBackName, operationLabel, orderVariable, type Order} from './order.ts'

const createdSchema = z.object({metadata: z.object({uid: z.string()})})

/**
 * Makes the cluster itself give back what an operation is about to set: a CronJob whose Pod may read and change these objects
 * and nothing else. What another operation has asked for before is replaced.
 */
export async function scheduleGiveBack(cluster: ServiceCluster, order: Order, at: string): Promise<void> {
  const {image} = cluster.declared
  if (image === undefined) throw needsImage(order.service, cluster.declared.name)
  const cronJob = await applied(cluster, 'batch/v1', 'cronjobs', cronJobOf(order, at, image))
  const {uid} = createdSchema.parse(cronJob).metadata
  // They go with it.
  const ownerReferences = [{apiVersion: 'batch/v1', kind: 'CronJob', name: giveBackName(order.service), uid}]
  const rbac = 'rbac.authorization.k8s.io/v1'
  await applied(cluster, 'v1', 'serviceaccounts', {
    kind: 'ServiceAccount',
    metadata: {...metadataOf(order), ownerReferences},
  })
  await applied(cluster, rbac, 'roles', {
    kind: 'Role',
    metadata: {...metadataOf(order), ownerReferences},
    rules: rulesFor(order),
  })
  const name = giveBackName(order.service)
  await applied(cluster, rbac, 'rolebindings', {
    kind: 'RoleBinding',
    metadata: {...metadataOf(order), ownerReferences},
    roleRef: {apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name},
    subjects: [{kind: 'ServiceAccount', name, namespace: order.namespace}],
  })
}

/** Where it is still this operation's; whatever it owns goes with it. */
export async function unscheduleGiveBack(
  cluster: ServiceCluster,
  service: string,
  operation: string,
): Promise<void> {
  if ((await scheduledFor(cluster, service)) !== operation) return
  const path = cronJobPath(cluster.declared.namespace, service)
  await cluster.api.write({method: 'DELETE', path, body: {propagationPolicy: 'Background'}}, z.unknown())
}

interface Applied {
  readonly kind: string
  readonly metadata: ReturnType<typeof metadataOf> & {
    readonly ownerReferences?: readonly object[]
    readonly annotations?: object
  }
  readonly rules?: readonly object[]
  readonly roleRef?: object
  readonly subjects?: readonly object[]
  readonly spec?: object
}

async function applied(
  {api}: ServiceCluster,
  apiVersion: string,
  plural: string,
  object: Applied,
): Promise<unknown> {
  const {name, namespace} = object.metadata
  const root = apiVersion.includes('/') ? 'apis' : 'api'
  const written = await api.write(
    {
      method: 'PATCH',
      path: `/${root}/${apiVersion}/namespaces/${namespace}/${plural}/${name}`,
      query: {fieldManager, force: 'true'},
      patch: 'apply',
      body: {apiVersion, ...object},
    },
    z.unknown(),
  )
  return written.kind === 'written' ? written.object : undefined
}

const metadataOf = ({service, namespace, operation}: Order) => ({
  name: giveBackName(service),
  namespace,
  labels: {'app.kubernetes.io/managed-by': 'pp', [operationLabel]: operation},
})

/** Of each object its own name, so that it may touch no other. */
function rulesFor({namespace, service, fields}: Order) {
  const objects = [...new Set(fields.map(({object}) => object))].map((object) => addressOf(namespace, object))
  return [
    ...objects.map(({apiVersion, listPath, name}) => ({
      apiGroups: [apiVersion.split('/')[0]],
      resources: [listPath.split('/').at(-1)],
      resourceNames: [name],
      verbs: ['get', 'patch'],
    })),
    {apiGroups: [''], resources: ['events'], verbs: ['create']},
    {
      apiGroups: ['batch'],
      resources: ['cronjobs'],
      resourceNames: [giveBackName(service)],
      verbs: ['get', 'patch', 'delete'],
    },
  ]
}

function cronJobOf(order: Order, at: string, image: string) {
  const container = {
    name: 'give-back',
    image,
    imagePullPolicy: 'IfNotPresent',
    args: ['dist/give-back.js'],
    env: [{name: orderVariable, value: JSON.stringify(order)}],
    resources: {requests: {cpu: '20m', memory: '64Mi'}, limits: {memory: '256Mi'}},
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      capabilities: {drop: ['ALL']},
    },
  }
  const labels = {'app.kubernetes.io/name': 'pp-until', 'app.kubernetes.io/managed-by': 'pp'}
  return {
    kind: 'CronJob',
    metadata: {...metadataOf(order), annotations: {[findingsKey]: ''}},
    spec: {
      suspend: false,
      schedule: cronOf(at),
      timeZone: 'Etc/UTC',
      concurrencyPolicy: 'Forbid',
      jobTemplate: {
        spec: {
          // For hours, where the cluster is ill just then.
          backoffLimit: 60,
          template: {
            metadata: {labels},
            spec: {
              serviceAccountName: giveBackName(order.service),
              restartPolicy: 'OnFailure',
              terminationGracePeriodSeconds: 5,
              containers: [container],
            },
          },
        },
      },
    },
  }
}
