import {counted} from '../counted.ts'
import {isSelected} from './selectors.ts'
import type {Share} from './types.ts'
import {timeInWords} from './until.ts'

/** What the operator should know before it is done, in words. */
export function notesOn({facts, wanted, shape, growth}: Omit<Share, 'nodes'>): readonly string[] {
  const {owner, deployment, pods, aws, groups, budgets, left = []} = facts
  const {replicas, isPaused, isRollingOut, template} = deployment
  const evictable = pods.filter(({node, priority}) => node !== undefined && priority < (shape?.priority ?? 0))
  const lines: [boolean, string][] = [
    [isPaused, 'the rollout is paused: new Pods are of the old revision'],
    [isRollingOut, 'a rollout is going on, and what it adds for a while takes room too'],
    [
      owner.kind !== 'deployment' && wanted > 0 && wanted < replicas,
      `the autoscaler goes down to ${wanted} when its own measure allows it`,
    ],
    [
      owner.kind !== 'deployment' && wanted < replicas && groups.some(({maker}) => maker === 'pp'),
      'nodes that come free later than --wait-timeout are given back by the same command, given again',
    ],
    [
      owner.kind === 'keda' && owner.kept?.isOver === false && wanted < owner.kept.replicas,
      `KEDA keeps ${owner.kind === 'keda' ? `${owner.kept?.replicas ?? 0} until ${timeInWords(owner.kept?.to ?? '')}` : ''}, as an earlier --until asked`,
    ],
    [owner.kind === 'keda' && wanted === 0, 'KEDA goes down to none when its triggers are inactive'],
    [
      wanted > replicas && evictable.length > 0,
      `the scheduler may evict ${counted(evictable.length, 'Pod')} of lower priority; not counted on`,
    ],
  ]
  const shares = budgets.filter(({selector}) => isSelected(template.shape.labels, selector))
  const others = groups.filter(({maker}) => maker === 'cluster-autoscaler' || maker === 'Karpenter')
  const isConcerned = ({name}: {readonly name: string}) =>
    wanted < replicas || growth.some(({group}) => group === name)
  return [
    ...left,
    ...lines.filter(([isSo]) => isSo).map(([, text]) => text),
    ...others
      .filter(isConcerned)
      .map(
        ({name, maker}) =>
          `pool ${name} is left to ${maker ?? ''}, which makes its nodes and takes them away`,
      ),
    ...(wanted < replicas ? shares : []).flatMap(({name, share}) =>
      share === undefined
        ? []
        : [
            `poddisruptionbudget/${name} (${share}) counts from the number that is wanted: it bounds evictions, not how many there are`,
          ],
    ),
    ...(aws?.kind === 'silent' ? [`node groups are not known: ${aws.because}`] : []),
    ...(aws?.kind === 'seen' && growth.length > 0 ? aws.unknown.map((what) => `not known: ${what}`) : []),
    ...(wanted > replicas ? template.unseen.map((what) => `not looked at: ${what}`) : []),
  ]
}
