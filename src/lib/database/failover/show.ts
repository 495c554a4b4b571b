import {table} from '../../output/table.ts'
import {showLosers, type Ranking} from '../rank.ts'
import type {Check} from '../types.ts'
import {failoverTitle} from './title.ts'
import type {Evidence, FailoverIntent, FailoverStep, Reach} from './types.ts'

/** Who sees what of a primary, one line a vantage point. */
export function showEvidence({here, machine, power, powerSaid, standbys, poolers}: Evidence): string {
  const rows = [
    ['here, SSH', here.ssh.said],
    ['here, SQL', here.sql.said],
    ...(machine
      ? [
          [
            'its host',
            machine.isRunning
              ? 'PostgreSQL runs'
              : `no PostgreSQL runs (control file: ${machine.controlState ?? 'unreadable'})`,
          ],
        ]
      : []),
    ...(powerSaid === undefined ? [] : [['power switch', power ?? `no answer (${powerSaid})`]]),
    ...standbys.map(({host, hears, lastMessageSeconds, reach}) => [
      host,
      [
        hears === undefined
          ? ''
          : hears
            ? 'hears from it'
            : `hears nothing${lastMessageSeconds === undefined ? '' : ` for ${lastMessageSeconds.toFixed(1)} s`}`,
        reached(reach),
      ]
        .filter(Boolean)
        .join(', ') || 'not asked',
    ]),
    ...poolers.map(({host, sees, said, reach}) => [
      host,
      [
        sees === undefined
          ? `does not say (${said})`
          : sees === 'nothing'
            ? `no answer to SQL (${said})`
            : `sees it ${sees}`,
        reached(reach),
      ]
        .filter(Boolean)
        .join(', '),
    ]),
  ]
  return table(rows.map(([who = '', what = '']) => [`  ${who}`, what.split('\n')[0] ?? '']))
}

function reached(reach: Reach | undefined): string {
  if (reach === undefined) return ''
  return {
    open: 'it takes connections',
    refused: 'connection refused',
    silent: 'no answer to TCP',
    unreachable: 'host unreachable',
  }[reach]
}

/** The plan as the operator sees it before being asked. */
export function showFailoverPlan(
  intent: FailoverIntent,
  evidence: Evidence,
  steps: readonly FailoverStep[],
  checks: readonly Check[],
  {environment, ranking}: {readonly environment: string; readonly ranking: Ranking},
): string {
  const {database, from, to, timeline, condition, because} = intent
  const loss = checks.find(({id}) => id === 'loss.bound')
  const restart = checks.find(({id}) => id === 'restart.in-place')
  const isAsked = ranking.losers.some(({reason}) => reason.endsWith('was asked for'))
  const isReplaced = condition === 'second-primary'
  return [
    isReplaced
      ? `${database} on ${environment}: ${from} and ${to} both accept writes → ${from} is fenced`
      : `${database} on ${environment}: primary ${from} is lost (${condition}) → unplanned failover`,
    `  ${because}`,
    '',
    showEvidence(evidence),
    '',
    isReplaced
      ? `  ${to} stays primary`
      : `  from ${from} (timeline ${timeline})  to ${to}${isAsked ? '' : ', the most advanced standby that may'}`,
    ...showLosers(ranking),
    `  Loss: ${loss?.measured ?? 'not known'} (limit ${loss?.limit ?? '?'})`,
    ...(restart ? [showOffer(restart)] : []),
    '',
    ...steps.map((step, index) => `  ${String(index + 1).padStart(2)} ${failoverTitle(step)}${remark(step)}`),
    '',
    `  ${from} stays out of service afterwards, whatever is power-cycled.`,
    ...(intent.isFenceForced ? ['', ...unfencedRisk] : []),
  ].join('\n')
}

const unfencedRisk = [
  '  Nothing may prove that it cannot write (--force-unfenced). If it still runs, it goes on',
  '  taking writes from every client that reaches it. Two primaries then hold different data,',
  '  and what one of them took is lost when they are made one again.',
]

/** Whether starting it where it is would be quicker. */
function showOffer({status, measured, hint}: Check): string {
  return status === 'warn'
    ? `  Or start it where it is: ${measured}\n    ${hint}`
    : `  No restart in place: ${measured}`
}

function remark({kind}: FailoverStep): string {
  if (kind === 'measure') return '   ← can still be undone'
  if (kind === 'promote') return '   ← point of no return'
  if (kind === 'release') return '   writes flow again'
  return ''
}
