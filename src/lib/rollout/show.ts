import {counted} from '../counted.ts'
import {resultColumns, wrapAfter} from '../output/terminal.ts'
import {tableRows} from '../output/table.ts'
import type {RolloutFacts} from './facts.ts'
import {versionOf} from './image.ts'
import type {PauseChange, PauseReport} from './pause.ts'
import {factsOf, isRolledOut} from './plan.ts'
import {currentNumber} from './request.ts'
import type {Rollout} from './rollout.ts'
import type {Share} from './share.ts'
import {canaryReplicas, imageOf} from './template.ts'
import type {RolloutStep} from './types.ts'

/** The plan as the operator sees it. */
export function showPlan(
  work: Rollout,
  steps: readonly RolloutStep[],
  {environment, warnings}: {readonly environment: string; readonly warnings: readonly string[]},
  columns = Math.min(80, resultColumns()),
): string {
  const {service, operation, targets, canary} = work.intent
  const width = Math.max(6, ...targets.map(({cluster}) => cluster.length)) + 1
  const line = (head: string, text: string) => wrapAfter(`  ${head.padEnd(width)}`, text, columns)
  return [
    `${service} · ${environment}      ${operation}`,
    ...targets.map(({cluster, from, to, revision}) => {
      const {progress} = factsOf(work.facts, {cluster})
      const number = revision === undefined ? '' : ` (revision ${revision})`
      const move = `${versionOf(imageOf(from))} → ${versionOf(imageOf(to))}${number}`
      return line(cluster, `${move}, ${counted(progress.wanted, 'Pod')}`)
    }),
    ...targets.flatMap(({cluster, share}) =>
      canary && share
        ? [
            line(
              'canary',
              `${cluster}: ${sharePlanned(share, canary.percent, factsOf(work.facts, {cluster}))}`,
            ),
          ]
        : [],
    ),
    ...steps.map((step, n) => line(n === 0 ? 'how' : '', work.title(step))),
    ...warnings.map((warning) => line('note', warning)),
    line('back', 'by itself when a step fails; migrations stay'),
  ].join('\n')
}

/** What part of the requests a canary gets, and by what. */
function sharePlanned(share: Share, percent: number, {progress: {wanted}}: RolloutFacts): string {
  if (share.kind === 'weight')
    return `${percent}% of the requests, by the weight of an Ingress beside ingress/${share.ingress}`
  const pods = canaryReplicas(percent, wanted)
  const part = Math.round((100 * pods) / (pods + wanted))
  return `about ${part}% of the requests, ${counted(pods, 'Pod')} beside ${wanted}: ${share.because}`
}

/** Where the rollout stands in each cluster. */
export function showStatus(facts: readonly RolloutFacts[]): string {
  const rows = facts.flatMap(({cluster, template, progress, canary, route}) => {
    const state = progress.isPaused
      ? 'paused'
      : (progress.stuck ?? (isRolledOut({progress}) ? 'rolled out' : 'rolling out'))
    const {available, wanted, updated} = progress
    return [
      [
        cluster,
        versionOf(imageOf(template)),
        `${available}/${wanted} ready`,
        `${updated} of this version`,
        state,
      ],
      ...(canary
        ? [
            [
              cluster,
              versionOf(imageOf(canary.template)),
              `${canary.progress.available}/${canary.progress.wanted} ready`,
              route?.weight === undefined ? 'canary' : `canary, ${route.weight}% of the requests`,
              canary.operation === undefined ? '' : `operation ${canary.operation}`,
            ],
          ]
        : []),
    ]
  })
  return tableRows(rows, resultColumns()).join('\n')
}

/** What each cluster keeps, newest first; `*` runs. */
export function showHistory(facts: readonly RolloutFacts[]): string {
  const rows = facts.flatMap((here) =>
    here.revisions.map(({number, template, createdAt, cause}) => [
      here.cluster,
      `${number}${number === currentNumber(here) ? ' *' : ''}`,
      versionOf(imageOf(template)),
      createdAt,
      cause ?? '',
    ]),
  )
  return tableRows(rows, resultColumns()).join('\n')
}

/** What a pause, or its end, came to in each cluster, and where the rollout stands then. */
export function showPause({outcome, service, isPaused, changes, clusters, next}: PauseReport): string {
  const words = isPaused ? pauseWords : resumeWords
  const told = changes.map(
    ({cluster, result, error}) => `${cluster} ${words[result]}${error ? `: ${error.message}` : ''}`,
  )
  return [
    ...told.map((one, n) => (n === 0 ? `${outcome}  ${service}: ${one}` : `      ${one}`)),
    ...(clusters.length > 0 ? [showStatus(clusters)] : []),
    ...next.map((one) => `      ${one}`),
  ].join('\n')
}

type ResultWords = Readonly<Record<PauseChange['result'], string>>
const pauseWords: ResultWords = {
  changed: 'is paused',
  already: 'was paused already',
  failed: 'is not paused',
  unknown: 'may be paused or not',
}
const resumeWords: ResultWords = {
  changed: 'goes on',
  already: 'was not paused',
  failed: 'stays paused',
  unknown: 'may be paused still',
}
