import {labPaths} from '../paths.ts'
import type {LabRecord} from '../state.ts'
import {podImages} from './programs.ts'
import type {ServiceImages} from './service-images.ts'

/** Where hosts see the folder of the programs. */
export const programsOnHost = '/opt/kubernetes'

/** What the playbook of the cluster has to know of a lab. */
export function clusterVariables(
  {name, hosts}: LabRecord,
  services?: ServiceImages,
): Readonly<Record<string, unknown>> {
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
    kubernetes_operator_kubeconfig: labPaths(name).kubeconfig,
  }
}
