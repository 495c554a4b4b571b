import {formatDuration} from '../duration.ts'
import {tableRows} from '../output/table.ts'
import {versionOf} from '../rollout/image.ts'
import {isOnlyInClusters} from './elsewhere.ts'
import {readyOf} from './glance/show.ts'
import {clusterFindings} from './glance/status.ts'
import type {ClusterGlance, ServiceGlance} from './glance/types.ts'
import {queueInWords} from './top/show.ts'
import type {InstanceState, ServiceState} from './look.ts'

const titles = ['SERVICE', 'READY', 'VERSION', 'UP', 'ERRORS', 'QUEUE', 'IMAGE']
const unknown = '–'

/**
 * A row a service, then a line for each instance that is not ready. Where services run in clusters each row has its site, and
 * there is one for each cluster.
 *
 * @param clusters empty where there are none to ask.
 */
export function showServices(
  services: readonly ServiceState[],
  clusters: readonly ClusterGlance[],
  columns: number,
): string {
  if (services.length === 0) return 'The fleet file names no services here; its section is services.'
  const withSite = (site: string, row: readonly string[]) =>
    clusters.length === 0 ? row : row.toSpliced(1, 0, site)
  const rows = services.flatMap((service) => [
    ...(service.instances.length > 0 && !isOnlyInClusters(service, clusters)
      ? [withSite('instances', [service.name, ...measures(service.instances)])]
      : []),
    ...clusters.flatMap((one) => {
      const glance = one.services.find((other) => other.service === service.name)
      return glance ? [withSite(one.site, rowOfCluster(glance))] : []
    }),
  ])
  const problems = [
    ...services
      .filter((service) => !isOnlyInClusters(service, clusters))
      .flatMap(({name, instances}) =>
        instances
          .filter(({isReady}) => !isReady)
          .map(({url, problem}) => `✖ ${name} ${url}: ${problem ?? 'not ready'}`),
      ),
    ...clusterFindings(clusters).map((finding) => `✖ ${finding}`),
  ]
  const table = rows.length > 0 ? tableRows([withSite('SITE', titles), ...rows], columns) : []
  return [...table, ...(problems.length > 0 ? ['', ...problems] : [])].join('\n')
}

function rowOfCluster(glance: ServiceGlance): readonly string[] {
  const {service, image} = glance
  const version = image === null ? unknown : versionOf(image)
  return [service, readyOf(glance), version, unknown, unknown, unknown, image ?? unknown]
}

function measures(instances: readonly InstanceState[]): readonly string[] {
  const ready = instances.filter(({isReady}) => isReady).length
  const known = instances.filter(({requests}) => requests !== undefined)
  const total = (key: 'requests' | 'errors') => known.reduce((sum, one) => sum + (one[key] ?? 0), 0)
  const youngest = Math.min(...instances.map(({upSeconds}) => upSeconds ?? Infinity))
  const queue = instances.find((one) => one.queue)?.queue
  return [
    `${ready}/${instances.length}`,
    each(instances, 'version'),
    Number.isFinite(youngest) ? formatDuration(youngest) : unknown,
    known.length > 0 ? `${total('errors')} of ${total('requests')}` : unknown,
    queue ? queueInWords(queue) : unknown,
    each(instances, 'image'),
  ]
}

/** More than one in the middle of a deployment. */
function each(instances: readonly InstanceState[], key: 'version' | 'image'): string {
  const values = new Set(instances.map((one) => one[key]).filter((value) => value !== undefined))
  return [...values].sort().join(', ') || unknown
}
