import {formatDuration} from '../../duration.ts'
import {tableRows} from '../../output/table.ts'
import {wrapAfter} from '../../output/terminal.ts'
import {formatSize} from '../../size.ts'
import {readyOf} from '../glance/show.ts'
import type {ClusterLoad, ServiceLoad} from './observe.ts'

const titles = ['SERVICE', 'SITE', 'READY', 'CPU', 'MEMORY', 'RESTARTS', 'QUEUE']
const unknown = '–'

/** A row a service and site, services in the order of the fleet file. */
export function showLoad(clusters: readonly ClusterLoad[], now: Date, columns: number): string {
  const names = [...new Set(clusters.flatMap((one) => one.services.map(({service}) => service)))]
  const all = clusters.flatMap((one) => one.services)
  const rows = names.flatMap((name) =>
    all.filter(({service}) => service === name).map((one) => rowOf(one, now)),
  )
  const problems = clusters.flatMap(({cluster, problem, unmeasured}) => {
    const said = problem ?? (unmeasured === null ? null : `CPU and memory are not known: ${unmeasured}`)
    return said === null ? [] : [wrapAfter(`! ${cluster}: `, said, columns)]
  })
  return [
    ...(rows.length > 0
      ? tableRows([titles, ...rows], columns)
      : ['No service of the fleet file runs in a cluster that answers.']),
    ...(problems.length > 0 ? ['', ...problems] : []),
  ].join('\n')
}

function rowOf(load: ServiceLoad, now: Date): readonly string[] {
  const {
    service,
    site,
    cpuMillis,
    cpuAskedMillis,
    memoryBytes,
    memoryAskedBytes,
    restarts,
    restartedAt,
    queue,
  } = load
  const ago = restartedAt === null ? undefined : Math.max(0, (now.getTime() - Date.parse(restartedAt)) / 1000)
  return [
    service,
    site,
    readyOf(load),
    cpuMillis === null ? unknown : `${cpuMillis}m of ${cpuAskedMillis}m`,
    memoryBytes === null ? unknown : `${formatSize(memoryBytes)} of ${formatSize(memoryAskedBytes)}`,
    restarts === 0 || ago === undefined ? String(restarts) : `${restarts}, ${formatDuration(ago)} ago`,
    queue === null ? unknown : queueInWords(queue),
  ]
}

/** How many wait, and how long the oldest has. */
export const queueInWords = ({depth, oldestSeconds}: NonNullable<ServiceLoad['queue']>): string =>
  depth === 0 ? '0' : `${depth}, oldest ${formatDuration(oldestSeconds)}`
