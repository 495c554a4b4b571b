import {counted} from '../../counted.ts'
import {formatDuration} from '../../duration.ts'
import {resultColumns, wrapAfter} from '../../output/terminal.ts'
import type {ClusterCauses, ToldCause} from './why.ts'

/** Causes cluster by cluster, each with what Kubernetes says and the command to type next. */
export function showCauses(
  clusters: readonly ClusterCauses[],
  {service, environment, now}: {service: string; environment: string; now: Date},
  columns = Math.min(100, resultColumns()),
): string {
  const head = [`${service} · ${environment}`, ...clusters.map(readyInWords)].join('      ')
  return [head, ...clusters.flatMap((cluster) => clusterLines(cluster, now, columns))].join('\n')
}

const readyInWords = ({cluster, ready, wanted}: ClusterCauses): string =>
  wanted === null ? `${cluster} ?` : `${cluster} ${ready ?? 0}/${wanted} ready`

function clusterLines({cluster, problem, causes}: ClusterCauses, now: Date, columns: number): string[] {
  if (problem !== null) return ['', wrapAfter(`! ${cluster}: `, problem, columns)]
  if (causes.length === 0) return ['', `${cluster}: nothing keeps it from being ready`]
  return ['', cluster, ...causes.flatMap((cause, index) => causeLines(cause, index + 1, now, columns))]
}

const mostObjects = 4

function causeLines(
  {title, pods, objects, firstSeen, evidence, next}: ToldCause,
  number: number,
  now: Date,
  columns: number,
): readonly string[] {
  const age = firstSeen === undefined ? undefined : (now.getTime() - Date.parse(firstSeen)) / 1000
  const head = [
    title,
    ...(pods > 0 ? [counted(pods, 'Pod')] : []),
    ...(age === undefined ? [] : [`for ${formatDuration(Math.max(0, age))}`]),
  ].join('   ')
  const more = objects.length > mostObjects ? [`and ${objects.length - mostObjects} more`] : []
  return [
    wrapAfter(`  ${number} `, head, columns),
    wrapAfter('    ', [...objects.slice(0, mostObjects), ...more].join(' '), columns),
    ...evidence.map((line) => wrapAfter('    │ ', line, columns)),
    `    → ${next}`,
  ]
}
