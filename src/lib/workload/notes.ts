import {counted} from '../counted.ts'
import type {ClusterFacts, PodShape} from './facts.ts'
import {timeInWords} from './until.ts'

/** What the operator should know before it is done, in words. */
export function notesOn(
  {owner, deployment, pods, left = []}: ClusterFacts,
  wanted: number,
  shape: PodShape | undefined,
): readonly string[] {
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
      owner.kind === 'keda' && owner.kept?.isOver === false && wanted < owner.kept.replicas,
      `KEDA keeps ${owner.kind === 'keda' ? `${owner.kept?.replicas ?? 0} until ${timeInWords(owner.kept?.to ?? '')}` : ''}, as an earlier --until asked`,
    ],
    [owner.kind === 'keda' && wanted === 0, 'KEDA goes down to none when its triggers are inactive'],
    [
      wanted > replicas && evictable.length > 0,
      `the scheduler may evict ${counted(evictable.length, 'Pod')} of lower priority; not counted on`,
    ],
  ]
  return [
    ...left,
    ...lines.filter(([isSo]) => isSo).map(([, text]) => text),
    ...(wanted > replicas ? template.unseen.map((what) => `not looked at: ${what}`) : []),
  ]
}
