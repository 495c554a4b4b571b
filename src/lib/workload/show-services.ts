import {formatDuration} from '../duration.ts'
import {tableRows} from '../output/table.ts'
import type {InstanceState, ServiceState} from './look.ts'

const titles = ['SERVICE', 'READY', 'VERSION', 'UP', 'ERRORS', 'QUEUE', 'IMAGE']
const unknown = '–'

/** A row a service, then a line for each instance that is not ready. */
export function showServices(services: readonly ServiceState[], columns: number): string {
  if (services.length === 0) return 'The fleet file names no services here; its section is services.'
  const rows = services.map(({name, instances}) => [name, ...measures(instances)])
  const problems = services.flatMap(({name, instances}) =>
    instances
      .filter(({isReady}) => !isReady)
      .map(({url, problem}) => `✖ ${name} ${url}: ${problem ?? 'not ready'}`),
  )
  return [...tableRows([titles, ...rows], columns), ...(problems.length > 0 ? ['', ...problems] : [])].join(
    '\n',
  )
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
    queue ? queued(queue) : unknown,
    each(instances, 'image'),
  ]
}

const queued = ({depth, oldestSeconds}: NonNullable<InstanceState['queue']>) =>
  depth === 0 ? '0' : `${depth}, oldest ${formatDuration(oldestSeconds)}`

/** More than one in the middle of a deployment. */
function each(instances: readonly InstanceState[], key: 'version' | 'image'): string {
  const values = new Set(instances.map((one) => one[key]).filter((value) => value !== undefined))
  return [...values].sort().join(', ') || unknown
}
