import {typedWords} from '../../typed-words.ts'
import {openedScale} from './intent.ts'
import {remembered} from './memory.ts'
import type {FieldValue} from '../types.ts'
import {untilTrigger} from '../until.ts'
import type {GroupMemory} from './memory-of-groups.ts'
import {specKey} from './objects.ts'
import type {FieldPlace, Records, ScaleIntent} from './types.ts'
import {shown} from './verdict.ts'

/** How to finish a scale, or to take it back, with nothing but kubectl. */
export function scaleByHand(records: Records): string {
  const intent = openedScale(records)
  const {set, groups} = remembered(records)
  const patch = ({cluster, object, field}: FieldPlace, value: FieldValue) => {
    const {namespace = ''} = intent.clusters.find((one) => one.cluster === cluster) ?? {}
    // A merge patch would put one trigger in the place of all.
    if (field === 'spec.triggers')
      return `  ${typedWords(['kubectl', 'edit', object, '--namespace', namespace])}   # its trigger ${untilTrigger}: ${shown(value)}`
    const body = JSON.stringify({spec: {[specKey(field)]: value}})
    const words = ['kubectl', 'patch', object, '--namespace', namespace, '--type', 'merge', '--patch', body]
    return `  ${typedWords(words)}`
  }
  const lines = (title: string, commands: readonly string[]) =>
    commands.length > 0 ? [title, ...commands] : []
  const forward = intent.clusters.flatMap(({cluster, fields}) =>
    lines(
      `In the cluster ${cluster}, to finish:`,
      fields.map((one) => patch({cluster, ...one}, one.to)),
    ),
  )
  const given = intent.undo?.fields ?? set
  const back = Object.entries(Object.groupBy(given, ({cluster}) => cluster)).flatMap(([cluster, of = []]) =>
    lines(
      `In the cluster ${cluster}, to take it back:`,
      of.map((one) => patch(one, one.was)),
    ),
  )
  return [...forward, ...back, ...nodesByHand(intent, groups)].join('\n')
}

/** A node goes by name; a group's size alone would take any of them. */
function nodesByHand({clusters, undo}: ScaleIntent, {grown, returned}: GroupMemory): readonly string[] {
  const away = (node: string, instance: string) => [
    `  ${typedWords(['kubectl', 'drain', node, '--ignore-daemonsets', '--delete-emptydir-data'])}`,
    `  ${typedWords(['aws', 'autoscaling', 'terminate-instance-in-auto-scaling-group', '--instance-id', instance, '--should-decrement-desired-capacity'])}`,
  ]
  const left = clusters.flatMap(({cluster, returns}) =>
    returns
      .filter(({instance}) => !returned.some((one) => one.instance === instance && one.isDone))
      .flatMap(({node, instance}) => [`In the cluster ${cluster}, to finish:`, ...away(node, instance)]),
  )
  const added = (undo?.grown ?? grown).flatMap(({cluster, group, was, known}) => [
    `In the cluster ${cluster}, pool ${group} had ${was} nodes (${known.join(', ')}); to take it back, for each of the others:`,
    ...away('NODE', 'INSTANCE'),
  ])
  return [...left, ...added]
}
