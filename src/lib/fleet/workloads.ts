import {resolve} from 'node:path'

import {nearest} from '../nearest.ts'
import type {Issue, YamlFile} from '../yaml/yaml-file.ts'
import {hasLabContext, labAwsEndpoint, labImage, labKubeconfig} from './lab-state.ts'
import {placeOfKey} from './place-of-key.ts'
import type {Settings} from './schema.ts'
import type {AwsCluster, DeclaredNodeGroup, KubernetesCluster, Service} from './types.ts'

export const servicesOf = ({services = {}}: Settings): readonly Service[] =>
  Object.entries(services).map(
    ([name, {instances = [], urls = {}, clusters = [], deployment = name, migrate}]) => ({
      name,
      instances,
      urls,
      clusters,
      deployment,
      migrate,
    }),
  )

/** Those of a lab that it has. */
export const clustersOf = (settings: Settings, folder: string): readonly KubernetesCluster[] =>
  Object.entries(settings.clusters ?? {})
    .filter(([, {context}]) => isThere(settings.lab, context))
    .map(([name, {site, kubeconfig, context, namespace, inventory, image, aws, nodeGroups = {}}]) => ({
      name,
      site,
      kubeconfig:
        kubeconfig === undefined
          ? settings.lab === undefined
            ? undefined
            : labKubeconfig(settings.lab)
          : resolve(folder, kubeconfig),
      context,
      namespace,
      inventory: inventory === undefined ? undefined : resolve(folder, inventory),
      image: image ?? (settings.lab === undefined ? undefined : labImage(settings.lab)),
      aws: aws && awsAccess(name, aws, settings.lab),
      nodeGroups: Object.entries(nodeGroups).map(([group, declared]) => groupOf(group, declared)),
    }))

const isThere = (lab: string | undefined, context: string | undefined): boolean =>
  lab === undefined || context === undefined || hasLabContext(lab, context)

/** A lab's AWS is an emulator of its own, which anybody may ask. */
function awsAccess(
  name: string,
  {cluster, region, endpoint}: NonNullable<DeclaredCluster['aws']>,
  lab: string | undefined,
): AwsCluster {
  const ofLab = lab === undefined ? undefined : labAwsEndpoint(lab)
  return {
    name,
    cluster,
    region,
    endpoint: endpoint ?? ofLab,
    credentials: ofLab === undefined ? undefined : {accessKeyId: 'lab', secretAccessKey: 'lab'},
  }
}

type DeclaredCluster = NonNullable<Settings['clusters']>[string]

function groupOf(
  name: string,
  {max, labels, zones = [], instanceType, node}: NonNullable<DeclaredCluster['nodeGroups']>[string],
): DeclaredNodeGroup {
  return {
    name,
    max,
    labels: labels ?? {'eks.amazonaws.com/nodegroup': name},
    zones,
    instanceType,
    node: node && {
      ...node,
      taints: (node.taints ?? []).map(({key, value = '', effect}) => ({key, value, effect})),
    },
  }
}

/** What no schema sees: a service that is nowhere, or in a cluster that there is not. */
export function serviceIssues(
  {services = {}, clusters = {}, environment}: Settings,
  project: YamlFile,
): Issue[] {
  const names = Object.keys(clusters)
  return Object.entries(services).flatMap(([service, {instances, clusters: asked}]): Issue[] => {
    const issue = (path: readonly string[], message: string): Issue => ({
      place: project.placeOf(placeOfKey(project, environment, path)),
      message: `${path.join('.')}: ${message}`,
    })
    const path = ['services', service]
    if (!instances && !asked) return [issue(path, 'needs instances, clusters or both')]
    return (asked ?? [])
      .filter((name) => !names.includes(name))
      .map((name) => {
        const suggestion = nearest(name, names)
        return issue(
          [...path, 'clusters'],
          `there is no cluster ${name}${suggestion === undefined ? `; there are ${names.join(', ') || 'none'}` : `. Did you mean ${suggestion}?`}`,
        )
      })
  })
}
