import {join} from 'node:path'
import {labPaths} from '../paths.ts'
import type {Site} from '../sites.ts'
import {clusterSites, type LabRecord} from '../state.ts'
import {kedaKindsFile, podImages} from './programs.ts'
import type {ServiceImages} from './service-images.ts'

/** What the playbook writes: the lab's own where there is one cluster, else a part of it. */
export const operatorKubeconfig = (record: LabRecord, site: Site): string =>
  clusterSites(record).length === 1
    ? labPaths(record.name).kubeconfig
    : join(labPaths(record.name).secrets, `${site}.kubeconfig`)

/** Where hosts see the folder of the programs. */
export const programsOnHost = '/opt/kubernetes'

/** What the playbook of a site's cluster has to know of a lab; hosts that node groups made are not in it. */
export function clusterVariables(
  record: LabRecord,
  site: Site,
  services?: ServiceImages,
): Readonly<Record<string, unknown>> {
  const hosts = record.hosts.filter(({instance}) => instance === null)
  const images = podImages(programsOnHost)
  const imageOf = (wanted: string) => images.find(({program}) => program === wanted)?.name
  return {
    lab_addresses: Object.fromEntries(hosts.map(({name: host, ip}) => [host, ip])),
    kubernetes_images: [
      ...images.map(({name: image, file}) => ({name: image, file})),
      ...(services?.names ?? []).map((image) => ({
        name: image,
        file: `${programsOnHost}/${services?.file ?? ''}`,
      })),
    ],
    kubernetes_pause_image: imageOf('hello'),
    kubernetes_coredns_image: imageOf('coredns'),
    kubernetes_metrics_server_image: imageOf('metrics-server'),
    keda_kinds: `${programsOnHost}/${kedaKindsFile}`,
    keda_image: imageOf('keda'),
    keda_adapter_image: imageOf('keda-adapter'),
    ingress_image: imageOf('traefik'),
    kubernetes_operator_kubeconfig: operatorKubeconfig(record, site),
  }
}
